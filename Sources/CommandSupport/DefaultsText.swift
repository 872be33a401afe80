import Basics

extension Console {
    /// A program's defaults: one line of JSON, or a table.
    public static func printDefaults(_ defaults: [ProgramDefault], json: Bool) throws {
        if json { return try printJSON(defaults) }
        printTable(["NAME", "VALUE", "MEANING"], defaults.map { [$0.name, $0.text, $0.meaning] })
    }
}
