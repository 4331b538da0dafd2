using System.CommandLine;

namespace Quorate.Cli.Common;

/// <summary>The options of every command that works on a site.</summary>
internal static class SiteOptions
{
    public static Option<string> Site() => new("--site")
    {
        Description = "The site's Compose file, or the folder that holds it.",
        HelpName = "COMPOSEFILE",
        Required = true,
    };

    public static Option<string> Platform()
    {
        var option = new Option<string>("--platform")
        {
            Description = "Where the site runs: docker, process, or auto (what already runs, else process where the file says how).",
            DefaultValueFactory = _ => "auto",
        };
        option.AcceptOnlyFromAmong("auto", "docker", "process");
        return option;
    }

    public static Option<string?> Approval()
    {
        var option = new Option<string?>("--approval")
        {
            Description = "Who approves actions before they happen: panel (four independent reviewers; the default), or off.",
        };
        option.AcceptOnlyFromAmong("panel", "off");
        return option;
    }

    public static Option<bool> Yes() => new("--yes", "-y")
    {
        Description = "Let actions that change the world happen without asking.",
    };
}
