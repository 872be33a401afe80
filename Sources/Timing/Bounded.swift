/// Does work for no longer than the limit: returns nil then, or when the task is cancelled, even if the work notices neither.
///
/// Work that is late is cancelled and its result dropped.
public func bounded<Value: Sendable>(within limit: Duration, _ work: @escaping @Sendable () async -> Value) async -> Value? {
    let result = OneShot<Value>()
    let task = Task { result.set(await work()) }
    defer { task.cancel() }
    return await result.value(within: limit)
}
