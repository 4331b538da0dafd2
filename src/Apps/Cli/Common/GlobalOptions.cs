using System.CommandLine;

namespace Quorate.Cli.Common;

/// <summary>The options every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print exactly one JSON document on stdout; everything else goes to stderr.",
        Recursive = true,
    };

    public static readonly Option<string?> Config = new("--config")
    {
        Description = "Configuration file (default: quorate.json in this folder, when there is one).",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<string?> Home = new("--home")
    {
        Description = "Where the ledger, keys and state are kept (default: $QUORATE_HOME, else ~/.quorate).",
        HelpName = "DIR",
        Recursive = true,
    };

    public static void AddTo(RootCommand root)
    {
        root.Options.Add(Json);
        root.Options.Add(Config);
        root.Options.Add(Home);
    }
}
