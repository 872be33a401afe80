import FoundationEssentials
import TestSupport
import Testing

@testable import CoordinatorCore
@testable import ScenarioModel

/// An OpenAPI document that the program serves, to hold its answers against.
struct APIDocument {
    let root: JSONNode
    private let validator: SchemaValidator

    private static let publicRoot = Result {
        try JSONParser.parse(String(decoding: PackageResources.openapi_json, as: UTF8.self))
    }
    private static let adminRoot = Result { try JSONParser.parse(String(decoding: PackageResources.admin_json, as: UTF8.self)) }

    static func publicAPI() throws -> APIDocument { APIDocument(try publicRoot.get()) }
    static func adminAPI() throws -> APIDocument { APIDocument(try adminRoot.get()) }

    private init(_ root: JSONNode) {
        self.root = root
        validator = SchemaValidator(root, isClosed: true)
    }

    /// All operations, as `GET /health`.
    var operations: Set<String> {
        var names: Set<String> = []
        for path in root["paths"]?.members ?? [] {
            for member in path.value.members { names.insert("\(member.name.uppercased()) \(path.name)") }
        }
        return names
    }

    /// What is wrong with an answer; nil if it is as documented.
    func complaint(_ method: String, _ path: String, _ answer: Answer) -> String? {
        let mediaType = answer.headers["content-type"]
        guard let operation = operation(method, path) else {
            let isRefused = answer.status == 404 || answer.status == 405 || answer.status == 400
            guard isRefused, mediaType == "application/problem+json" else {
                return "not documented, and answered \(answer.status)"
            }
            return body(answer, fits: root["components"]?["schemas"]?["Problem"])
        }
        guard let found = operation["responses"]?["\(answer.status)"] else { return "status \(answer.status) is not documented" }
        let response = found["$ref"]?.string.flatMap { validator.resolve($0) } ?? found
        for header in response["headers"]?.members ?? [] where answer.headers[header.name.lowercased()] == nil {
            return "the header \(header.name) is missing"
        }
        guard let content = response["content"] else {
            return answer.body.isEmpty && mediaType == nil ? nil : "content where none is documented"
        }
        guard let mediaType, let documented = content[mediaType] else {
            return "the content type \(mediaType ?? "is missing") is not documented"
        }
        return mediaType.contains("json") && mediaType != "application/jsonl" ? body(answer, fits: documented["schema"]) : nil
    }

    /// Whether a line of the stream is as documented.
    func accepts(line: String) throws -> Bool {
        let schema = try #require(root["components"]?["schemas"]?["StreamLine"])
        return validator.accepts(try JSONParser.parse(line), schema)
    }

    /// Whether a piece of JSON is one that goes in or out of one of these operations: its request, its answer, or a line of its stream.
    func accepts(_ json: JSONNode, of operations: some Sequence<(method: String, path: String)>) -> Bool {
        operations.contains { method, path in schemas(method, path).contains { validator.accepts(json, $0) } }
    }

    private func schemas(_ method: String, _ path: String) -> [JSONNode] {
        guard let operation = operation(method, path) else { return [] }
        let bodies = [operation["requestBody"]] + (operation["responses"]?.members ?? []).map { Optional($0.value) }
        let contents = bodies.flatMap { $0?["content"]?.members ?? [] }
        let isStream = contents.contains { $0.name == "application/jsonl" }
        let line = isStream ? root["components"]?["schemas"]?["StreamLine"] : nil
        return contents.filter { $0.name == "application/json" || $0.name == "application/jsonl" && line == nil }
            .compactMap { $0.value["schema"] } + [line].compactMap(\.self)
    }

    /// Whether a problem document is as documented.
    func accepts(problem: JSONNode) -> Bool {
        root["components"]?["schemas"]?["Problem"].map { validator.accepts(problem, $0) } ?? false
    }

    /// Each example in the document with the place that it has, and whether its schema accepts it.
    func examples() -> [(place: String, fits: Bool)] {
        (root["components"]?["schemas"]?.members ?? []).flatMap { schema in
            (schema.value["examples"]?.list ?? []).map { (schema.name, validator.accepts($0, schema.value)) }
        }
    }

    /// Keywords of the document that are not looked at.
    var unknownKeywords: Set<String> { validator.unknownKeywords }

    private func body(_ answer: Answer, fits schema: JSONNode?) -> String? {
        guard let schema, let node = try? JSONParser.parse(String(decoding: answer.body, as: UTF8.self)) else {
            return "the body is not JSON, or not documented"
        }
        return validator.accepts(node, schema)
            ? nil : "the body does not fit its schema: \(String(decoding: answer.body, as: UTF8.self))"
    }

    private func operation(_ method: String, _ path: String) -> JSONNode? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        let found = root["paths"]?.members.first { member in
            let pattern = member.name.split(separator: "/")
            return pattern.count == segments.count && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return found?.value[method.lowercased()]
    }
}
