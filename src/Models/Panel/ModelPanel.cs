using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Models.Caching;
using Quorate.Models.Cassettes;

namespace Quorate.Models.Panel;

/// <summary>
/// The members that can answer, each behind its whole pipeline. Dispose of the last panel of a program, not of one that a reload
/// replaced: work in progress still uses it, and its idle connections close by themselves.
/// </summary>
public sealed class ModelPanel : IModelPanel, IAsyncDisposable
{
    private readonly Dictionary<string, MemberPipeline> _byName;
    private readonly AnswerCache? _cache;

    private ModelPanel(PanelSettings settings, IReadOnlyList<MemberPipeline> pipelines, IReadOnlyList<SkippedMember> skipped, AnswerCache? cache)
    {
        Settings = settings;
        Pipelines = pipelines;
        Skipped = skipped;
        Members = [.. pipelines.Select(p => p.Info)];
        _byName = pipelines.ToDictionary(p => p.Info.Name);
        _cache = cache;
    }

    public PanelSettings Settings { get; }

    public IReadOnlyList<MemberInfo> Members { get; }

    /// <summary>Configured members that are left out, with the variable that is missing.</summary>
    public IReadOnlyList<SkippedMember> Skipped { get; }

    internal IReadOnlyList<MemberPipeline> Pipelines { get; }

    /// <param name="settings">The panel as configured.</param>
    /// <param name="embedded">Members that need no network.</param>
    /// <param name="audit">Given every call that was made, before its answer is used.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Names the calls.</param>
    /// <param name="random">For the jitter of retries and probes.</param>
    /// <param name="variables">Values of environment variables by name; null: the process's own.</param>
    /// <param name="previous">The panel that this one takes the place of: unchanged members keep their health, circuit and connections.</param>
    /// <exception cref="QuorateException">Input: two members of one name, two aggregators, too many members, a number out of range. Missing: nobody can sit on the panel.</exception>
    public static ModelPanel Create(
        PanelSettings settings,
        IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded,
        Func<LlmRun, CancellationToken, Task> audit,
        TimeProvider time,
        IIdSource ids,
        Random random,
        Func<string, string?>? variables = null,
        ModelPanel? previous = null)
    {
        Check(settings, embedded);
        variables ??= Environment.GetEnvironmentVariable;
        var skipped = settings.Members.Where(m => settings.Pipeline.Cassette != CassetteMode.Replay && MissingKey(m.Model, variables) is not null).Select(m => new SkippedMember(m.Name, m.Model.ApiKeyVariable!)).ToList();
        var present = settings.Members.Where(m => skipped.All(s => s.Member != m.Name)).ToList();
        var aggregator = (present.FirstOrDefault(m => m.Aggregator) ?? present.FirstOrDefault())?.Name;
        var cache = OpenCache(settings.Pipeline, previous);
        var parts = new MemberPipeline.Parts(settings.Pipeline, cache, audit, time, ids);
        var pipelines = present.Select(m => Configured(m, m.Name == aggregator, parts, random, variables, previous)).ToList();
        if (settings.EmbeddedAlways || present.Count == 0)
        {
            pipelines.AddRange(embedded.Select(e => MemberPipeline.Embedded(e.Info with { Embedded = true, Aggregator = e.Info.Aggregator && aggregator is null }, e.Client, parts, random)));
        }

        return pipelines.Count > 0 ? new ModelPanel(settings, pipelines, skipped, cache)
            : throw QuorateException.Missing("no_members", "no member can sit on the panel" + string.Concat(skipped.Select(s => $"; {s.Member} needs {s.Variable}")), "docs/models.md shows how to configure models");
    }

    public IChatClient Client(string member) => Pipeline(member).Client;

    public async ValueTask DisposeAsync()
    {
        foreach (var pipeline in Pipelines)
        {
            pipeline.Dispose();
        }

        if (_cache is not null)
        {
            await _cache.DisposeAsync();
        }
    }

    /// <summary>The variable that the model's key is missing from; null when the model can be called.</summary>
    public static string? MissingKey(ModelConfig model, Func<string, string?> variables) =>
        model.ApiKeyVariable is { } variable && string.IsNullOrWhiteSpace(variables(variable)) ? variable : null;

    /// <exception cref="QuorateException">Input: no such member.</exception>
    internal MemberPipeline Pipeline(string member) => _byName.TryGetValue(member, out var pipeline) ? pipeline
        : throw QuorateException.Input("unknown_model", $"model: {member} is not on the panel", $"allowed: {string.Join(", ", _byName.Keys)}");

    private static MemberPipeline Configured(MemberSettings member, bool aggregator, MemberPipeline.Parts parts, Random random, Func<string, string?> variables, ModelPanel? previous)
    {
        // A cassette that is replayed needs no key, and its recordings hold none.
        var key = parts.Settings.Cassette == CassetteMode.Replay ? null : ModelClients.ReadKey(member.Model, variables);
        return previous?._byName.GetValueOrDefault(member.Name)?.Kept(member, key, aggregator, parts.Settings)
            ?? MemberPipeline.Configured(member, key, Headers(member.Model, variables), aggregator, parts, random);
    }

    /// <summary>How OpenRouter attributes calls to an application.</summary>
    private static List<KeyValuePair<string, string>> Headers(ModelConfig model, Func<string, string?> variables) =>
        model.Provider != "openrouter" ? []
            : [.. new[] { ("HTTP-Referer", "SITE_URL"), ("X-Title", "SITE_NAME") }
                .Select(pair => KeyValuePair.Create(pair.Item1, variables(pair.Item2)?.Trim() ?? ""))
                .Where(header => header.Value.Length > 0)];

    private static AnswerCache? OpenCache(PipelineSettings settings, ModelPanel? previous) =>
        !settings.Cache ? null
        : previous is { _cache: { } kept } && previous.Settings.Pipeline.CacheFolder == settings.CacheFolder ? kept
        : new AnswerCache(settings.CacheFolder is null ? null : new AnswerFolder(settings.CacheFolder));

    private static void Check(PanelSettings settings, IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded)
    {
        var names = settings.Members.Select(m => m.Name).Concat(embedded.Select(e => e.Info.Name)).ToList();
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw QuorateException.Input("models_invalid", $"models: {twice.Key} is the name of two members", "every member needs a name of its own");
        }

        var aggregators = settings.Members.Where(m => m.Aggregator).Select(m => m.Name).ToList();
        if (aggregators.Count > 1)
        {
            throw QuorateException.Input("models_invalid", $"models: {string.Join(" and ", aggregators)} are both the aggregator", "at most one is allowed");
        }

        if (settings.Members.Count > PanelSettings.MaxMembers)
        {
            throw QuorateException.Input("models_invalid", $"models: {settings.Members.Count} members", $"at most {PanelSettings.MaxMembers} are allowed");
        }

        if (settings.Pipeline.Cassette != CassetteMode.Off && string.IsNullOrWhiteSpace(settings.Pipeline.CassetteFolder))
        {
            throw QuorateException.Input("models_invalid", "cassette: no folder", "a folder is needed to record or replay");
        }
    }
}
