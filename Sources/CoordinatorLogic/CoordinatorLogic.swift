// CoordinatorLogic
