using Microsoft.Extensions.Configuration;
using Quorate.Models.Cassettes;
using Quorate.Models.Panel;

namespace Quorate.Cli.Configuration;

/// <summary>How questions are put to the panel.</summary>
internal sealed class AskConfig
{
    /// <summary>0.1–60 seconds without anything after which a stream has failed; default 2.</summary>
    [ConfigurationKeyName("stall_s")]
    public double StallSeconds { get; set; } = 2;

    /// <summary>1–1,024 calls of one member at once; default 8.</summary>
    [ConfigurationKeyName("concurrency")]
    public int Concurrency { get; set; } = 8;

    /// <summary>on (default) or off: whether the same question to the same model is answered from the cache.</summary>
    [ConfigurationKeyName("cache")]
    public string Cache { get; set; } = "on";

    [ConfigurationKeyName("cassette")]
    public CassetteConfig Cassette { get; set; } = new();

    [ConfigurationKeyName("embeddings")]
    public EmbeddingsConfig Embeddings { get; set; } = new();

    /// <summary>0–10,000 US dollars for one question; default: no limit.</summary>
    [ConfigurationKeyName("budget_usd")]
    public double? BudgetUsd { get; set; }

    /// <summary>Folders of documents from which embedded members answer.</summary>
    [ConfigurationKeyName("documents")]
    public List<string> Documents { get; set; } = [];

    /// <summary>1–64 answers that are enough; default: more than half of the members asked.</summary>
    [ConfigurationKeyName("quorum")]
    public int? Quorum { get; set; }

    /// <summary>0–60 seconds that stragglers have after the quorum; default 2.</summary>
    [ConfigurationKeyName("grace_s")]
    public double GraceSeconds { get; set; } = 2;

    /// <summary>1–600 seconds for a member's answer; default 60.</summary>
    [ConfigurationKeyName("timeout_s")]
    public double TimeoutSeconds { get; set; } = 60;

    public IEnumerable<string> Problems()
    {
        if (StallSeconds is not (>= 0.1 and <= 60))
        {
            yield return $"ask.stall_s is {StallSeconds}; 0.1 to 60 is allowed";
        }

        if (Concurrency is < 1 or > 1_024)
        {
            yield return $"ask.concurrency is {Concurrency}; 1 to 1024 is allowed";
        }

        if (Cache is not ("on" or "off"))
        {
            yield return $"ask.cache is '{Cache}'; on or off is allowed";
        }

        if (BudgetUsd is not (null or (>= 0 and <= 10_000)))
        {
            yield return $"ask.budget_usd is {BudgetUsd}; 0 to 10000 is allowed";
        }

        if (Quorum is < 1 or > PanelSettings.MaxMembers)
        {
            yield return $"ask.quorum is {Quorum}; 1 to {PanelSettings.MaxMembers} is allowed";
        }

        if (GraceSeconds is not (>= 0 and <= 60))
        {
            yield return $"ask.grace_s is {GraceSeconds}; 0 to 60 is allowed";
        }

        if (TimeoutSeconds is not (>= 1 and <= 600))
        {
            yield return $"ask.timeout_s is {TimeoutSeconds}; 1 to 600 is allowed";
        }

        foreach (var problem in Documents.Where(f => !Directory.Exists(f)).Select(f => $"ask.documents names '{f}', which is not a folder").Concat(Cassette.Problems()).Concat(Embeddings.Problems()))
        {
            yield return problem;
        }
    }

    /// <param name="home">The cache is a folder in it.</param>
    public PipelineSettings ToPipeline(string home) => new()
    {
        Concurrency = Concurrency,
        Stall = TimeSpan.FromSeconds(StallSeconds),
        Cache = Cache == "on",
        CacheFolder = Path.Combine(home, "cache", "answers"),
        Cassette = Enum.Parse<CassetteMode>(Cassette.Mode, ignoreCase: true),
        CassetteFolder = Cassette.Folder is null ? null : Path.GetFullPath(Cassette.Folder),
    };
}

/// <summary>Whether models' raw answers are kept, or given back in place of calls.</summary>
internal sealed class CassetteConfig
{
    [ConfigurationKeyName("folder")]
    public string? Folder { get; set; }

    /// <summary>record, replay or off (default).</summary>
    [ConfigurationKeyName("mode")]
    public string Mode { get; set; } = "off";

    public IEnumerable<string> Problems()
    {
        if (Mode is not ("off" or "record" or "replay"))
        {
            yield return $"ask.cassette.mode is '{Mode}'; record, replay or off is allowed";
        }
        else if (Mode != "off" && string.IsNullOrWhiteSpace(Folder))
        {
            yield return $"ask.cassette.folder is missing; a folder is needed to {Mode}";
        }
        else if (Mode == "replay" && !Directory.Exists(Folder))
        {
            yield return $"ask.cassette.folder is '{Folder}', which is not a folder";
        }
    }
}

/// <summary>The model that makes vectors of answers; without one an embedded vectoriser does.</summary>
internal sealed class EmbeddingsConfig : EndpointConfig
{
    public bool IsSet => Preset is not null || Endpoint is not null || Model is not null || ApiKeyEnv is not null;

    public IEnumerable<string> Problems() => IsSet ? EndpointProblems("ask.embeddings") : [];
}
