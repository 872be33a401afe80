print("warren-coordinator")
