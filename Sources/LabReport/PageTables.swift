/// What each service cost.
struct PageResources {
    let resources: [Report.Resources]

    var html: String {
        guard !resources.isEmpty else {
            return "<p class=\"empty\">This run has no measurements of memory, time or descriptors.</p>"
        }
        let most = max(1, resources.compactMap(\.peakMemory).max() ?? 1)
        let rows = resources.map { use in
            """
            <tr><th scope="row">\(Markup.html(use.machine))</th><td>\(Markup.html(use.service))</td>\
            <td class="number">\(use.peakMemory.map { "\(PageMark.decimal(Double($0) / 1_048_576, 1)) MiB" } ?? "–")\
            <span class="bar" aria-hidden="true"><i style="width:\(PageMark.decimal(Double(use.peakMemory ?? 0) / Double(most) * 100, 1))%"></i></span></td>\
            <td class="number">\(use.cpuSeconds.map { "\(PageMark.decimal($0, 2)) s" } ?? "–")</td>\
            <td class="number">\(use.fileDescriptors.map { "\($0)" } ?? "–")</td></tr>
            """
        }
        return """
            <div class="scroll tall" tabindex="0" role="region" aria-label="Resources of each service"><table>
            <thead><tr><th scope="col">Machine</th><th scope="col">Service</th><th scope="col" class="number">Peak memory</th>\
            <th scope="col" class="number">CPU time</th><th scope="col" class="number">Descriptors</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>
            """
    }
}

/// Where the run took place: machines, engines, capabilities.
struct PageEnvironment {
    let report: Report

    var html: String {
        let environment = report.environment
        let machines = report.machines.map { machine in
            [
                machine.name, machine.place, machine.underlay ?? "–", machine.mesh ?? "–",
                machine.labels.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }
                    .joined(separator: ", "),
            ]
        }
        return table("Machines", ["Name", "Place", "Underlay", "Mesh", "Labels"], machines)
            + table(
                "Faults and what carried them out", ["Fault", "Engine", "Read back"],
                environment.engines.map { [$0.fault, $0.engine, $0.detail] })
            + table(
                "What this kernel and user can do", ["Capability", "There", "Detail"],
                environment.capabilities.map { [$0.name, $0.isPresent ? "✓ yes" : "✗ no", $0.detail] })
            + "<p class=\"small\">Substrate: \(Markup.html(environment.substrate)). Lab \(Markup.html(environment.version)), report format \(report.format).</p>"
    }

    private func table(_ title: String, _ heads: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        let head = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let body = rows.map { row in
            "<tr>"
                + row.enumerated().map { $0 == 0 ? "<th scope=\"row\">\(Markup.html($1))</th>" : "<td>\(Markup.html($1))</td>" }
                .joined()
                + "</tr>"
        }
        return """
            <h3>\(title)</h3><div class="scroll tall" tabindex="0" role="region" aria-label="\(title)"><table>
            <thead><tr>\(head)</tr></thead><tbody>\(body.joined())</tbody></table></div>
            """
    }
}
