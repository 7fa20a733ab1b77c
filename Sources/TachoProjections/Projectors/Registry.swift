/// Every projector there is, in the order in which their tables are listed.
package let allProjectors: [any Projector.Type] = [
    WorkflowHistoryProjector.self,
    TaskLogsProjector.self,
    ToolCallsProjector.self,
    HookEventsProjector.self,
    SessionsProjector.self,
    UserPromptsProjector.self,
    WorkLogProjector.self,
    WebhookEventsProjector.self,
    AdwLocksProjector.self,
    PhaseQueueProjector.self,
    QueueConfigProjector.self,
    AdwToolsProjector.self,
    CostSavingsLogProjector.self,
    DecisionPointsProjector.self,
    ResourceSnapshotsProjector.self,
    PhaseDependenciesProjector.self,
]
