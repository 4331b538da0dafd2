using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Models.Caching;
using Quorate.Models.Cassettes;
using Quorate.Models.Health;
using Quorate.Models.Pipeline;
using Quorate.Models.Providers;

namespace Quorate.Models.Panel;

/// <summary>One member with everything between a caller and its model. Lives on over a reload that does not change it.</summary>
internal sealed class MemberPipeline : IDisposable
{
    private readonly (MemberSettings Settings, PipelineSettings Pipeline, string? Key)? _from;

    private MemberPipeline(MemberInfo info, IChatClient client, MemberHealth health, IMemberProbe? probe, CircuitBreaker? breaker, (MemberSettings, PipelineSettings, string?)? from)
    {
        Info = info;
        Client = client;
        Health = health;
        Probe = probe;
        Breaker = breaker;
        _from = from;
    }

    public MemberInfo Info { get; }

    public IChatClient Client { get; }

    public MemberHealth Health { get; }

    /// <summary>Null while a cassette is replayed: nothing may touch the network then.</summary>
    public IMemberProbe? Probe { get; }

    public CircuitBreaker? Breaker { get; }

    /// <summary>What all pipelines are made with.</summary>
    public sealed record Parts(PipelineSettings Settings, AnswerCache? Cache, Func<LlmRun, CancellationToken, Task> Audit, TimeProvider Time, IIdSource Ids);

    /// <summary>
    /// From the outside: defaults, deadline, validation, cache, retry, concurrency, circuit breaker, cost, health, response format, trace, audit,
    /// stall, provider (with the cassette below it).
    /// </summary>
    public static MemberPipeline Configured(MemberSettings member, string? key, IReadOnlyList<KeyValuePair<string, string>> headers, bool aggregator, Parts parts, Random random)
    {
        var (settings, _, _, time, _) = parts;
        var config = member.Model.Checked();
        Func<HttpMessageHandler, HttpMessageHandler>? cassette = settings.Cassette == CassetteMode.Off ? null
            : handler => new CassetteHandler(handler, settings.CassetteFolder!, settings.Cassette);
        var breaker = new CircuitBreaker(settings.BreakerThreshold, settings.BreakerCooldown, settings.LongestCooldown, time);
        var health = new MemberHealth(member.Name, time, new Random(random.Next()));
        var audited = new OpenAiChatClient(config, key, time, headers, cassette).UseStall(settings.Stall, time).UseAudit(parts.Audit, time, parts.Ids).UseTrace();
        var client = audited
            .UseResponseFormatFallback()
            .UseHealth(health, time)
            .UseCost(member.Price, config.MaxTokens)
            .UseCircuitBreaker(breaker, time)
            .UseConcurrencyLimit(settings.Concurrency, settings.Queue)
            .UseRetry(config.MaxRetries, new Random(random.Next()), time);
        if (parts.Cache is { } cache)
        {
            client = client.UseCache(config, cache);
        }

        client = client.UseValidation().UseDeadline(config.Deadline, time).UseDefaults(config);
        var probe = settings.Cassette == CassetteMode.Replay ? null : new EndpointProbe(config, key, audited.UseDefaults(config), time);
        return new MemberPipeline(Describe(member, aggregator), client, health, probe, breaker, (member, settings, key));
    }

    /// <summary>The same around a client that needs no network: nothing there costs, stalls or is worth keeping.</summary>
    public static MemberPipeline Embedded(MemberInfo info, IChatClient inner, Parts parts, Random random)
    {
        var health = new MemberHealth(info.Name, parts.Time, new Random(random.Next()));
        var audited = inner.UseAudit(parts.Audit, parts.Time, parts.Ids);
        var client = audited.UseHealth(health, parts.Time).UseConcurrencyLimit(parts.Settings.Concurrency, parts.Settings.Queue).UseValidation().UseDeadline(EmbeddedDeadline, parts.Time);
        return new MemberPipeline(info, client, health, new CallProbe(inner), null, null);
    }

    /// <summary>The same member in a new panel: what it learned of its model stays. Null when it was changed.</summary>
    public MemberPipeline? Kept(MemberSettings member, string? key, bool aggregator, PipelineSettings settings) =>
        _from is { } from && from.Key == key && from.Pipeline == settings && from.Settings with { Aggregator = false } == member with { Aggregator = false }
            ? new MemberPipeline(Describe(member, aggregator), Client, Health, Probe, Breaker, _from) : null;

    public void Dispose()
    {
        Client.Dispose();
        Probe?.Dispose();
    }

    private static TimeSpan EmbeddedDeadline => TimeSpan.FromSeconds(30);

    private static MemberInfo Describe(MemberSettings member, bool aggregator) => new()
    {
        Name = member.Name,
        Provider = member.Model.Provider,
        Model = member.Model.Model,
        Temperature = member.Model.Temperature,
        MaxTokens = member.Model.MaxTokens,
        Aggregator = aggregator,
        Role = member.Role,
    };
}
