// Tests of MessengerCore.
