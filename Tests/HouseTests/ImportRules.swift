extension LayerTable {
    /// What is wrong with the imports of a target, one sentence each; nothing if all is well.
    ///
    /// - Parameters:
    ///   - target: the target's folder under `Sources`.
    ///   - imports: the modules that its files import.
    func violations(of target: String, importing imports: some Sequence<String>) -> [String] {
        guard let layer = layers[target] else {
            return ["\(target) stands on no layer: add it to Tests/HouseTests/LayerTable.swift"]
        }
        return imports.compactMap { violation(of: target, on: layer, importing: $0) }
    }

    private func violation(of target: String, on layer: Layer, importing module: String) -> String? {
        guard let ground = layers[module] else {
            guard layer <= .pure, !outsideOfPure.contains(module) else { return nil }
            return "\(target) is pure and imports \(module); allowed are \(outsideOfPure.sorted().joined(separator: ", "))"
        }
        if ground == .c {
            return layer == .system ? nil : "\(target) imports \(module); C is for the system layer alone"
        }
        if ground > layer {
            return "\(target) imports \(module), which stands on a higher layer"
        }
        if ground == layer, beside[target]?.contains(module) != true {
            return "\(target) imports \(module), which stands beside it"
        }
        if let owners = owners[module], !owners.contains(target) {
            return "\(target) imports \(module), which is the inside of \(owners.sorted().joined(separator: " and "))"
        }
        return nil
    }
}

/// The import statements of Swift source text.
enum ImportScanner {
    /// Words that may stand between `import` and the module's name.
    private static let kinds: Set<Substring> = [
        "typealias", "struct", "class", "enum", "protocol", "let", "var", "func", "actor",
    ]
    private static let access: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]

    /// The modules imported, in order: `import A`, `@testable import A`, `public import A`, `import struct A.B`.
    static func modules(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap(module)
    }

    private static func module(of line: Substring) -> String? {
        guard line.contains("import") else { return nil }
        var words = line.split(whereSeparator: \.isWhitespace)[...]
        words = words.drop { $0.hasPrefix("@") || access.contains($0) }
        guard words.popFirst() == "import" else { return nil }
        words = words.drop { kinds.contains($0) }
        return words.first.map { String($0.prefix { $0.isLetter || $0.isNumber || $0 == "_" }) }
    }
}
