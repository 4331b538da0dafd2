using System.CommandLine;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>Which store a command works on, when it is not the home's own.</summary>
internal static class StoreOption
{
    private const string Sqlite = "sqlite:";

    public static Option<string?> Create() => new("--store")
    {
        Description = "The store (default: quorate.db in the home folder).",
        HelpName = "sqlite:FILE",
    };

    /// <exception cref="QuorateException">Input: no kind of store that there is.</exception>
    public static void Use(Workspace workspace, string? store)
    {
        if (store is null)
        {
            return;
        }

        if (!store.StartsWith(Sqlite, StringComparison.Ordinal) || store.Length == Sqlite.Length)
        {
            throw QuorateException.Input("store_unknown", $"--store is '{PlainText.Line(store, 100)}'; sqlite:FILE is allowed");
        }

        workspace.UseStore(store[Sqlite.Length..]);
    }
}
