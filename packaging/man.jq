# Makes a manual page from what a program says of itself:
#   .build/debug/warren-coordinator --experimental-dump-help | jq -rf packaging/man.jq > docs/man/warren-coordinator.1
def plain: gsub("\\\\"; "\\e") | gsub("-"; "\\-") | gsub("(?m)^(?<c>[.'])"; "\\&" + .c);
def paragraphs: plain | split("\n\n") | map(
    if test("^(EXAMPLES|EXIT CODES)\n") then
        (split("\n") | ".PP\n\\fB" + .[0] + "\\fR\n.nf\n" + (.[1:] | join("\n")) + "\n.fi")
    else ".PP\n" + . end) | join("\n");
def name: if .kind == "long" then "--" + .name else "-" + .name end;
def arguments: (.arguments // []) | map(select(.shouldDisplay and .valueName != "help" and .valueName != "version"));
def value: (.valueName // "VALUE") | plain;
def term:
    if .kind == "positional" then "\\fI" + value + "\\fR"
    elif .kind == "flag" then "\\fB" + (.names | map(name) | join(", ") | plain) + "\\fR"
    else "\\fB" + (.names | map(name) | join(", ") | plain) + "\\fR \\fI" + value + "\\fR" end;
def entry: ".TP\n" + term + "\n" + ((.abstract // "") | plain)
    + (if .defaultValue then " Default: " + (.defaultValue | plain) + "." else "" end);
def commands($path): (.subcommands // [])[] | select(.commandName != "help")
    | ($path + " " + .commandName) as $own
    | ".SS " + ($own | plain),
      ((.abstract // "") | plain),
      (if .discussion then .discussion | paragraphs else empty end),
      (arguments | map(entry)[]),
      commands($own);
.command
| ".\\\" Made by packaging/man.jq; a test holds it against the program.",
  ".TH " + (.commandName | ascii_upcase | plain) + " 1 \"\" Warren \"User Commands\"",
  ".SH NAME",
  (.commandName + " - " + (.abstract | rtrimstr(".")) | plain | sub("(?<n>coordinator|agent|messenger) \\\\-"; .n + " \\-")),
  ".SH SYNOPSIS",
  "\\fB" + (.commandName | plain) + "\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR ...]",
  ".SH DESCRIPTION",
  (.discussion | paragraphs),
  ".SH COMMANDS",
  "Each takes \\fB\\-\\-help\\fR; \\fB" + (.commandName | plain) + " \\-\\-version\\fR shows the version.",
  commands(.commandName)
