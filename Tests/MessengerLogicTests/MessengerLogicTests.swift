// Tests of MessengerLogic.
