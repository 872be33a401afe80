// AgentLogic
