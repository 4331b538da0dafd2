using System.Text.Json;
using Quorate.Contracts;
using Quorate.Engine.Triage.Agents;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Approval;

/// <summary>
/// Everything that a reviewer may look at, and the question that the panel decides: one action and what was observed,
/// never what a model claims. Canonical (RFC 8785) and bounded, so that everyone who holds it judges the same bytes.
/// </summary>
public sealed record ReviewRecord
{
    public const string Form = "quorate/approval/v1";

    /// <summary>Bytes of the canonical form.</summary>
    public const int MaxBytes = 48 * 1024;

    public required string Kind { get; init; }
    public required ApprovalAction Action { get; init; }
    public required IReadOnlyDictionary<string, JsonElement> Args { get; init; }

    /// <summary>How the effect would be taken back.</summary>
    public required ReviewedInverse Inverse { get; init; }

    /// <summary>All actions of the plan, this one among them.</summary>
    public required IReadOnlyList<PlannedAction> Plan { get; init; }

    /// <summary>The plan's targets and everything that needs them.</summary>
    public required IReadOnlyList<ReviewedService> Services { get; init; }

    /// <summary>Services of the whole site.</summary>
    public required int SiteServices { get; init; }

    /// <summary>What was seen of the action's target.</summary>
    public required IReadOnlyList<EvidenceItem> Evidence { get; init; }

    /// <summary>Actions of earlier plans of the incident, oldest first.</summary>
    public required IReadOnlyList<PastAction> Past { get; init; }

    public ReviewedService? Find(string service) => Services.FirstOrDefault(s => s.Name == service);

    /// <summary>The service and everything that needs it, directly or not.</summary>
    public IReadOnlyList<ReviewedService> WithDependants(string service)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { service };
        while (Services.FirstOrDefault(s => !reached.Contains(s.Name) && s.Needs.Any(reached.Contains)) is { } next)
        {
            reached.Add(next.Name);
        }

        return [.. Services.Where(s => reached.Contains(s.Name))];
    }

    // JSON can hold null where the type says otherwise.
    private bool IsWhole() =>
        this is { Kind: not null, Action: not null, Args: not null, Inverse: not null, Plan: not null, Services: not null, Evidence: not null, Past: not null }
        && Plan.All(p => p is { TaskId: not null, Type: not null, Target: not null })
        && Services.All(s => s is { Name: not null, State: not null, Needs: not null } && s.Needs.All(n => n is not null))
        && Evidence.All(e => e is { Source: not null, Detail: not null })
        && Past.All(p => p is { Type: not null, Target: not null, ArgsHash: not null });

    public byte[] ToBytes() => CanonicalJson.ToBytes(QuorateJson.ToElement(this));

    /// <summary>Null for bytes that are no canonical record; never throws.</summary>
    public static ReviewRecord? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            var record = JsonSerializer.Deserialize<ReviewRecord>(bytes, QuorateJson.Options);
            return record is not null && record.IsWhole() && record.ToBytes().AsSpan().SequenceEqual(bytes) ? record : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>Data: a repair of data folders in the action is undone too.</summary>
public sealed record ReviewedInverse(InverseKind Kind, bool Data)
{
    public bool IsKnown => Kind != InverseKind.None || Data;
}

public sealed record PlannedAction(string TaskId, string Type, string Target);

/// <summary>A service as observed. Stateful: it keeps data in a volume or folder. Needs: what it depends on directly.</summary>
public sealed record ReviewedService(string Name, string State, bool Healthy, bool Stateful, IReadOnlyList<string> Needs);

/// <summary>One observation by code. Source: one of <see cref="EvidenceSources"/>; Detail bounded, foreign text.</summary>
public sealed record EvidenceItem(string Source, string Detail);

/// <summary>An action of an earlier plan, of which an effect was intended. Undone: it was taken back.</summary>
public sealed record PastAction(int PlanVersion, string Type, string Target, string ArgsHash, bool Undone);

/// <summary>Where evidence comes from; each is measured by the engine, none is a model's word.</summary>
public static class EvidenceSources
{
    /// <summary>Stopped, paused or missing.</summary>
    public const string State = "state";

    /// <summary>It runs and fails its probe.</summary>
    public const string Probe = "probe";

    /// <summary>Prefix; what follows is the aspect.</summary>
    public const string Drift = "drift:";
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string Latency = "latency";

    /// <summary>A value of its configuration is not as while healthy; the detail is the key.</summary>
    public const string Config = "config";

    /// <summary>By its own account something is wrong with it; the detail begins with the condition's kind.</summary>
    public const string Condition = "condition";

    /// <summary>An unhealthy dependant cannot reach it.</summary>
    public const string Blamed = "blamed";

    /// <summary>A probe of the site as its users see it fails here.</summary>
    public const string SiteProbe = "site_probe";

    /// <summary>It logs trouble on the path of a failing site probe.</summary>
    public const string Log = "log";

    /// <summary>A health check of this incident found something.</summary>
    public const string Check = "check";

    /// <summary>A verification after the action did not pass.</summary>
    public const string Verification = "verification";
}
