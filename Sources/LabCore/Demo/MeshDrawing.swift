import Glibc

/// Draws a mesh: machines on a circle with a line for each link, or, if they are many, who answers whom as a matrix. Pure.
public enum MeshDrawing {
    /// So many machines at the most stand on a circle.
    public static let circleLimit = 9

    /// What is between two machines.
    public enum Link: Sendable, Hashable {
        /// Both answer each other.
        case open
        /// One direction only.
        case oneWay
        /// Neither answers, although both are on and have addresses.
        case silent
        /// There is nothing to expect.
        case none

        public init(_ there: Character, _ back: Character) {
            switch (there, back) {
            case ("1", "1"): self = .open
            case ("1", _), (_, "1"): self = .oneWay
            case ("0", _), (_, "0"): self = .silent
            default: self = .none
            }
        }
    }

    /// What is between the machines of these numbers.
    public static func link(_ mesh: StoryEvent.Mesh, _ first: Int, _ second: Int) -> Link {
        func state(_ row: Int, _ column: Int) -> Character {
            guard row < mesh.rows.count, column < mesh.rows[row].count else { return "?" }
            return mesh.rows[row][mesh.rows[row].index(mesh.rows[row].startIndex, offsetBy: column)]
        }
        guard mesh.machines[first].isOn, mesh.machines[second].isOn else { return .none }
        return Link(state(first, second), state(second, first))
    }

    /// How a machine is drawn.
    static func symbol(_ machine: StoryEvent.Mesh.Machine) -> (Character, DemoCanvas.Style) {
        guard machine.isOn, machine.isUp else { return machine.isOn ? ("○", .dim) : ("✕", .red) }
        switch machine.liveness {
        case "alive": return ("●", .green)
        case "suspect": return ("◐", .yellow)
        case "unresponsive": return ("◌", .red)
        default: return ("○", .plain)
        }
    }

    /// The mesh in words, for a pipe.
    public static func words(_ mesh: StoryEvent.Mesh) -> String {
        var counts: [Link: Int] = [:]
        var silent: [String] = []
        for first in mesh.machines.indices {
            for second in mesh.machines.indices where first < second {
                let link = link(mesh, first, second)
                counts[link, default: 0] += 1
                if link == .silent || link == .oneWay {
                    silent.append("\(mesh.machines[first].name)-\(mesh.machines[second].name)")
                }
            }
        }
        let all = mesh.machines.count * (mesh.machines.count - 1) / 2
        var parts = ["\(counts[.open] ?? 0) of \(all) links open"]
        if !silent.isEmpty {
            parts.append("silent: \(silent.prefix(8).joined(separator: " "))\(silent.count > 8 ? " …" : "")")
        }
        for (word, state) in [("off", false), ("without agent", true)] {
            let names = mesh.machines.filter { state ? $0.isOn && !$0.isUp : !$0.isOn }.map(\.name)
            if !names.isEmpty, names.count < mesh.machines.count { parts.append("\(word): \(names.joined(separator: " "))") }
        }
        for liveness in ["suspect", "unresponsive"] {
            let names = mesh.machines.filter { $0.liveness == liveness }.map(\.name)
            if !names.isEmpty { parts.append("\(liveness): \(names.joined(separator: " "))") }
        }
        if !mesh.hasCoordinator { parts.append("no coordinator") }
        return parts.joined(separator: ", ")
    }

    /// Draws it into a part of the canvas.
    public static func draw(
        _ mesh: StoryEvent.Mesh, on canvas: inout DemoCanvas, column: Int, row: Int, columns: Int, rows: Int
    ) {
        if mesh.machines.count <= circleLimit {
            circle(mesh, &canvas, column, row, columns, rows)
        } else {
            matrix(mesh, &canvas, column, row, columns, rows)
        }
    }

    private static func circle(
        _ mesh: StoryEvent.Mesh, _ canvas: inout DemoCanvas, _ left: Int, _ top: Int, _ columns: Int, _ rows: Int
    ) {
        let label = (mesh.machines.map(\.name.count).max() ?? 0) + 3
        let (centerX, centerY) = (Double(left) + Double(columns - 1) / 2, Double(top) + Double(rows - 1) / 2)
        let (radiusX, radiusY) = (max(1, Double(columns) / 2 - Double(label)), max(1, Double(rows - 1) / 2))
        let places = mesh.machines.indices.map { index in
            // The first at the top, then clockwise.
            let angle = 2 * Double.pi * Double(index) / Double(max(1, mesh.machines.count)) - Double.pi / 2
            return (
                column: Int((centerX + radiusX * cos(angle)).rounded()), row: Int((centerY + radiusY * sin(angle)).rounded())
            )
        }
        // What is broken lies above what works.
        for wanted in [Link.open, .oneWay, .silent] {
            for first in mesh.machines.indices {
                for second in mesh.machines.indices where first < second && link(mesh, first, second) == wanted {
                    switch wanted {
                    case .open: canvas.line(from: places[first], to: places[second], .solid, .green)
                    case .oneWay: canvas.line(from: places[first], to: places[second], .dashed, .yellow)
                    case .silent: canvas.line(from: places[first], to: places[second], .dotted, .red)
                    case .none: break
                    }
                }
            }
        }
        for (machine, place) in zip(mesh.machines, places) {
            let (symbol, style) = symbol(machine)
            canvas.put(symbol, place.column, place.row, style)
            let isLeft = Double(place.column) < centerX - 1
            let start = isLeft ? place.column - machine.name.count - 2 : place.column + 1
            canvas.write(" \(machine.name) ", start, place.row, machine.isOn ? .bold : .dim)
        }
    }

    private static func matrix(
        _ mesh: StoryEvent.Mesh, _ canvas: inout DemoCanvas, _ left: Int, _ top: Int, _ columns: Int, _ rows: Int
    ) {
        let label = min(8, mesh.machines.map(\.name.count).max() ?? 0)
        for index in mesh.machines.indices where index < rows {
            let machine = mesh.machines[index]
            let (symbol, style) = symbol(machine)
            canvas.write(String(machine.name.prefix(label)), left, top + index, machine.isOn ? .bold : .dim)
            canvas.put(symbol, left + label + 1, top + index, style)
            for other in mesh.machines.indices where other != index {
                let column = left + label + 3 + other
                guard column < left + columns else { break }
                switch link(mesh, index, other) {
                case .open: canvas.put("■", column, top + index, .green)
                case .oneWay: canvas.put("◧", column, top + index, .yellow)
                case .silent: canvas.put("□", column, top + index, .red)
                case .none: canvas.put("·", column, top + index, .dim)
                }
            }
        }
    }
}
