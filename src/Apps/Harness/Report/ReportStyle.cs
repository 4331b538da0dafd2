namespace Quorate.Harness.Report;

/// <summary>How the page looks, by day and by night, on a phone and on a wide screen.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root{--bg:#f6f7f9;--card:#fff;--fg:#1b2330;--dim:#5b6675;--line:#d9dee6;--good:#1a7f4b;--goodbg:#d8f2e3;--bad:#b3261e;--badbg:#fbdedb;--warn:#8a5a00;--warnbg:#fdeccb;--accent:#2456c5;--accentbg:#e4ecfd;--skip:#eef0f3}
        @media (prefers-color-scheme:dark){:root{--bg:#11151b;--card:#1a2029;--fg:#e4e9f0;--dim:#98a4b5;--line:#2f3845;--good:#58d68d;--goodbg:#15382a;--bad:#ff8a80;--badbg:#47201f;--warn:#ffce73;--warnbg:#43330f;--accent:#8fb4ff;--accentbg:#1d2d50;--skip:#252c37}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        main{max-width:1180px;margin:0 auto;padding:24px 16px 64px}
        h1{font-size:26px;margin:0}h2{font-size:19px;margin:32px 0 10px}h3{font-size:14px;margin:18px 0 8px}
        header p{margin:2px 0 18px;color:var(--dim)}
        .dim{color:var(--dim);font-weight:400}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
        .figure{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;display:flex;flex-direction:column}
        .figure .name{color:var(--dim);font-size:13px}.figure .value{font-size:25px;font-weight:650;line-height:1.3}.figure .note{color:var(--dim);font-size:12px}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);font-size:14px}
        th,td{padding:7px 10px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
        th{font-size:12px;color:var(--dim);font-weight:600}
        .n{text-align:right;font-variant-numeric:tabular-nums}
        td.why{white-space:normal;min-width:260px;font-size:13px}
        a{color:var(--accent)}
        .badge{display:inline-block;border-radius:99px;padding:0 9px;font-size:12px;font-weight:650}
        .pass{background:var(--goodbg);color:var(--good)}.fail.badge{background:var(--badbg);color:var(--bad)}.error{background:var(--warnbg);color:var(--warn)}
        .right{color:var(--good)}.wrong{color:var(--bad)}
        details{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:4px 16px;margin:8px 0}
        details[open]{padding-bottom:16px}
        summary{cursor:pointer;padding:8px 0}summary .run{font-weight:650}
        q{color:var(--dim);font-style:italic}
        .reasons{color:var(--bad);margin:6px 0 12px;padding-left:20px}
        svg{display:block}
        svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--fg)}
        .timeline .tick{fill:var(--dim);font-size:11px;text-anchor:middle}.timeline .lane{fill:var(--dim)}.timeline .label{font-size:11px;font-weight:600}
        .grid{stroke:var(--line)}.mark{stroke:var(--fg);stroke-dasharray:2 3;opacity:.55}
        .good{fill:var(--good)}.bad{fill:var(--bad)}
        .bar.ok{fill:var(--dim)}.bar.action{fill:var(--accent)}.bar.fail{fill:var(--bad)}
        .edge{fill:none;stroke:var(--dim)}.tip{fill:var(--dim)}
        .task rect{stroke-width:1.5}
        .task.ok rect{fill:var(--goodbg);stroke:var(--good)}.task.fail rect{fill:var(--badbg);stroke:var(--bad)}.task.skipped rect{fill:var(--skip);stroke:var(--line)}
        .task.action rect{stroke-width:3}
        .plan .type{font-weight:650}.plan .target{fill:var(--dim)}
        """;
}
