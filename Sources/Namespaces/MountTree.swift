import Basics
import CLinux
import Glibc
import LinuxProcess

/// A second reference to something mounted, not mounted anywhere itself: to be attached in another mount namespace.
public final class MountTree: Sendable {
    let descriptor: Int32

    /// - Parameter path: where it is mounted; a folder that is no mount point gives a tree of that folder alone.
    /// - Throws: `mount.tree`.
    public init(_ path: String) throws(CodedError) {
        var descriptor: Int32 = -1
        let error = warren_open_tree(path, &descriptor)
        guard error == 0 else { throw CodedError("mount.tree", "cannot refer to the mount at \(path): \(errorText(error))") }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
