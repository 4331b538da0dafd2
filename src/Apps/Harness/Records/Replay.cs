using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Harness.Metrics;
using Quorate.Harness.Runs;
using Quorate.Protocol.Provenance;

namespace Quorate.Harness.Records;

/// <summary>What came of one record. Difference null: identical. Speed: times real time.</summary>
public sealed record ReplayResult(string Run, bool Identical, string? Difference, string RecordedSha256, string? ReplayedSha256, double RealMs, double ReplayMs)
{
    public double Speed => ReplayMs > 0 ? Math.Round(RealMs / ReplayMs, 1) : 0;
}

/// <summary>
/// Runs a record again without containers and network: the planner is made anew and asked with what it was given then, at the
/// times and with the ids of then, and the result is computed from its answers and the rest of the evidence.
/// </summary>
public sealed class Replay(Rulebook rulebook, string rulesVersion, TimeProvider time)
{
    private static readonly JsonSerializerOptions Reading = new(QuorateJson.Options) { Converters = { new DifferenceSetConverter() } };

    /// <exception cref="QuorateException">Input: the folder holds no readable record.</exception>
    public async Task<ReplayResult> RunAsync(string folder, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var manifest = RecordFolder.ReadManifest(folder);
        var (difference, hash) = await TryCompareAsync(folder, manifest, cancellationToken);
        return new ReplayResult(manifest.Run, difference is null, difference, manifest.ResultSha256, hash, manifest.RealMs, time.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>A record may hold anything: what cannot be read is a difference, and keeps no other record from its replay.</summary>
    private async Task<(string? Difference, string? Hash)> TryCompareAsync(string folder, RecordManifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            return RecordFolder.FindTampered(folder, manifest) is { Count: > 0 } tampered
                ? ($"{string.Join(", ", tampered)}: not what was recorded", null)
                : await CompareAsync(folder, manifest.ResultSha256, cancellationToken);
        }
        catch (Exception unreadable) when (unreadable is QuorateException or JsonException or InvalidOperationException or ArgumentException or NullReferenceException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            return ($"the record cannot be read: {PlainText.Line(unreadable.Message, 200)}", null);
        }
    }

    private async Task<(string? Difference, string? Hash)> CompareAsync(string folder, string recordedHash, CancellationToken cancellationToken)
    {
        var evidence = RecordFolder.ReadEvidence(folder);
        var (proposals, difference) = await ProposeAsync(evidence.Planning, cancellationToken);
        if (difference is not null)
        {
            var others = evidence.Header.Versions.TryGetValue(RulesVersion.Name, out var recordedRules) && recordedRules != rulesVersion;
            return ($"{(others ? "recorded with other rules: " : "")}{difference}", null);
        }

        var bytes = RecordFolder.Canonical(RunJudge.Judge(evidence, proposals));
        var hash = RecordFolder.HashOf(bytes);
        var recorded = RecordFolder.Canonical(RecordFolder.ReadResult(folder));
        return (hash == recordedHash ? null : "result: " + (JsonDifference.First(JsonElement.Parse(recorded), JsonElement.Parse(bytes)) ?? "has members that no result has"), hash);
    }

    private async Task<(IReadOnlyList<PlanProposal> Proposals, string? Difference)> ProposeAsync(PlanningTrace planning, CancellationToken cancellationToken)
    {
        if (planning.Recipe is null || planning.Site is null)
        {
            return ([], null);
        }

        var given = new GivenDraws();
        var planner = PlannerRecipes.Create(planning.Recipe, rulebook, given.Chat, null, given.Time, given.Ids);
        var proposals = new List<PlanProposal>();
        for (var i = 0; i < planning.Steps.Count; i++)
        {
            var step = planning.Steps[i];
            given.Begin(step);
            try
            {
                proposals.Add(await planner.ProposeAsync(Context(planning.Site.Value, step.Context), cancellationToken));
            }
            catch (ReplayDiffers differs)
            {
                return (proposals, $"proposal {i + 1}: {differs.Message}");
            }

            if (JsonDifference.First(step.Proposal, QuorateJson.ToElement(proposals[^1])) is { } difference)
            {
                return (proposals, $"proposal {i + 1}: {difference}");
            }
        }

        return (proposals, null);
    }

    private static PlanningContext Context(JsonElement site, JsonElement context)
    {
        var json = JsonNode.Parse(context.GetRawText())!.AsObject();
        json["site"] = JsonNode.Parse(site.GetRawText());
        return json.Deserialize<PlanningContext>(Reading) ?? throw new JsonException("the context is null");
    }
}

/// <summary>Sets that nobody changes, which the serializer writes and does not read.</summary>
internal sealed class DifferenceSetConverter : JsonConverter<IReadOnlySet<ConfigurationDifference>>
{
    public override IReadOnlySet<ConfigurationDifference> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize<HashSet<ConfigurationDifference>>(ref reader, options)!;

    public override void Write(Utf8JsonWriter writer, IReadOnlySet<ConfigurationDifference> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize<IEnumerable<ConfigurationDifference>>(writer, value, options);
}

/// <summary>Where two JSON values differ first.</summary>
internal static class JsonDifference
{
    private const int MaxShown = 120;

    /// <summary>Null when they are the same value; members' order and spaces do not count.</summary>
    public static string? First(JsonElement recorded, JsonElement replayed, string at = "")
    {
        if (CanonicalJson.ToText(recorded) == CanonicalJson.ToText(replayed))
        {
            return null;
        }

        if (recorded.ValueKind == JsonValueKind.Object && replayed.ValueKind == JsonValueKind.Object)
        {
            var names = recorded.EnumerateObject().Select(p => p.Name).Union(replayed.EnumerateObject().Select(p => p.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal);
            return names.Select(n => recorded.TryGetProperty(n, out var was) && replayed.TryGetProperty(n, out var now)
                ? First(was, now, $"{at}.{n}")
                : $"{at}.{n} is {(recorded.TryGetProperty(n, out _) ? "gone" : "new")}").OfType<string>().First();
        }

        if (recorded.ValueKind == JsonValueKind.Array && replayed.ValueKind == JsonValueKind.Array && recorded.GetArrayLength() == replayed.GetArrayLength())
        {
            return recorded.EnumerateArray().Zip(replayed.EnumerateArray()).Select((pair, i) => First(pair.First, pair.Second, $"{at}[{i}]")).OfType<string>().First();
        }

        return $"{at.TrimStart('.')} was {PlainText.Line(recorded.GetRawText(), MaxShown)} and is {PlainText.Line(replayed.GetRawText(), MaxShown)}";
    }
}
