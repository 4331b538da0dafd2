namespace Quorate.Engine.Triage.Agents;

/// <summary>What the configuration gives the agents.</summary>
public sealed record AgentSettings
{
    /// <summary>Folders of Markdown runbooks beside the site's own (full paths).</summary>
    public IReadOnlyList<string> RunbookFolders { get; init; } = [];

    /// <summary>Commands that <c>exec</c> may run, by name, as argument lists. Nothing else can be run.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Commands { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The kubectl program: a name on PATH or a full path.</summary>
    public string Kubectl { get; init; } = "kubectl";
}
