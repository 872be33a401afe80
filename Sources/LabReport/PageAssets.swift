/// The files of `Page/`, which the build turns into bytes of the program: the installed lab is one file.
enum PageAssets {
    static var template: String { String(decoding: PackageResources.page_html, as: UTF8.self) }

    /// In the order in which they apply.
    static var style: [UInt8] {
        join([
            PackageResources.base_css, PackageResources.checks_css, PackageResources.timeline_css, PackageResources.panels_css,
            PackageResources.logs_css, PackageResources.print_css,
        ])
    }

    /// The page of all milestones: without scripts.
    static var milestonesTemplate: String { String(decoding: PackageResources.milestones_html, as: UTF8.self) }

    /// Its style is that of the report's page, and its own.
    static var milestonesStyle: [UInt8] {
        join([
            PackageResources.base_css, PackageResources.checks_css, PackageResources.milestones_css, PackageResources.print_css,
        ])
    }

    /// In the order in which they need one another. All stand in one function, and nothing of them is global.
    static var script: [UInt8] {
        Array("(() => {\n\"use strict\";\n".utf8)
            + join([
                PackageResources.data_js, PackageResources.dom_js, PackageResources.clock_js, PackageResources.lanes_js,
                PackageResources.drawing_js,
                PackageResources.timeline_js, PackageResources.mesh_js, PackageResources.latency_js, PackageResources.filter_js,
                PackageResources.logs_js, PackageResources.checks_js, PackageResources.main_js,
            ]) + Array("})();\n".utf8)
    }

    private static func join(_ files: [[UInt8]]) -> [UInt8] { Array(files.joined()) }
}
