// MessengerCore
