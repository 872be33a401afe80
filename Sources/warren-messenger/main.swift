print("warren-messenger")
