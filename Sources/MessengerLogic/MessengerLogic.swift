// MessengerLogic
