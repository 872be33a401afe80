import Basics
import Fabric
import FoundationEssentials
import Glibc
import LinuxProcess
import Namespaces
import Timing

/// Looks, from outside, whether anything of a run is left.
enum Leftovers {
    /// How long the kernel may take to clean up.
    static let grace = Duration.seconds(2)

    /// Waits until nothing is left, at most for the grace.
    ///
    /// - Returns: what is left after it.
    static func after(_ namespaces: HeldNamespaces) async throws(CodedError) -> [String] {
        let deadline = MonotonicTime.now + grace
        while true {
            let left = try namespaces.members() + strangeLinks()
            if left.isEmpty || MonotonicTime.now >= deadline { return left }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The links that there were when this process began.
    private static let linksAtStart = Set(links())

    /// To be called before the first run.
    static func noteLinks() { _ = linksAtStart }

    /// Links of this network namespace that have come since and have a name as the lab gives them.
    private static func strangeLinks() -> [String] {
        links().filter { !linksAtStart.contains($0) && FabricNames.mayBe($0) }.map { "network link \($0)" }
    }

    private static func links() -> [String] {
        guard let list = if_nameindex() else { return [] }
        defer { if_freenameindex(list) }
        var found: [String] = []
        var entry = list
        while entry.pointee.if_index != 0, let name = entry.pointee.if_name {
            found.append(String(cString: name))
            entry += 1
        }
        return found
    }
}

/// How the process inside ended.
enum RunEnd {
    /// Its exit code; nil: it was killed.
    static func code(_ status: LinuxProcess.ExitStatus) -> Int32? {
        if case .exited(let code) = status { code } else { nil }
    }

    /// Of two exit codes, the one that several runs end with: what was interrupted outweighs what leaked, that a failed check, that an
    /// environment that broke, that what could not be shown, that what was skipped.
    static func worse(_ left: Int32, _ right: Int32) -> Int32 {
        let order: [Int32] = [0, 4, 2, 3, 1, 5, 64, 130]
        func rank(_ code: Int32) -> Int { order.firstIndex(of: code) ?? order.count }
        return rank(left) >= rank(right) ? left : right
    }
}
