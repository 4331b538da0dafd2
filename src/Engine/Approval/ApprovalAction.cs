using System.Security.Cryptography;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Approval;

/// <summary>Exactly one action, so that an approval of it is an approval of nothing else.</summary>
/// <param name="IncidentId">The incident it belongs to.</param>
/// <param name="PlanId">The plan, and with it</param>
/// <param name="PlanVersion">the version of the plan.</param>
/// <param name="TaskId">The task of the plan.</param>
/// <param name="Type">A world-changing type of <see cref="TaskCatalog"/>, or <see cref="Undo"/>.</param>
/// <param name="Target">A service.</param>
/// <param name="ArgsHash">SHA-256 in lower-case hex of the canonical arguments.</param>
public sealed record ApprovalAction(string IncidentId, string PlanId, int PlanVersion, string TaskId, string Type, string Target, string ArgsHash)
{
    /// <summary>The type of an action that takes an effect back.</summary>
    public const string Undo = "undo";

    public static ApprovalAction Of(string incidentId, string planId, int planVersion, PlanTask task) =>
        new(incidentId, planId, planVersion, task.TaskId, task.Type, task.Target, HashOf(task.Args));

    public static ApprovalAction Of(EnvelopeBody body) => Of(body.IncidentId, body.PlanId, body.PlanVersion, body.Task);

    /// <summary>Taking a task's effect back, exactly as the intent says.</summary>
    public static ApprovalAction OfUndo(string incidentId, string planId, PlanTask task, Undo intent) =>
        new(incidentId, planId, intent.PlanVersion, task.TaskId, Undo, task.Target, HashOf(UndoArgs(intent)));

    /// <summary>What an undo does, without the values of variables: those are bound by their hash.</summary>
    internal static IReadOnlyDictionary<string, JsonElement> UndoArgs(Undo intent) => new Dictionary<string, JsonElement>
    {
        ["effect_key"] = QuorateJson.ToElement(intent.EffectKey),
        ["kind"] = QuorateJson.ToElement(intent.Inverse.Kind),
        ["inverse_hash"] = QuorateJson.ToElement(HashOf(new { intent.Inverse, intent.DataToken })),
    };

    internal static string HashOf<T>(T value) => Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.ToBytes(QuorateJson.ToElement(value))));
}
