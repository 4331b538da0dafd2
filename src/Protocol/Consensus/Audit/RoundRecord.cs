using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Protocol.Consensus;

/// <summary>A round as the ledger keeps it: ids instead of numbers, bytes in base64, evidence whole.</summary>
public static class RoundRecord
{
    /// <param name="round">Decided or failed.</param>
    /// <param name="name">The id of a replica's or client's number.</param>
    public static JsonElement Of(RoundReport round, Func<int, string> name) => QuorateJson.ToElement(new
    {
        client = name(round.Request.Client),
        client_sequence = $"{round.Request.Sequence}",
        decided = round.IsDecided,
        failure = round.Failure,
        view = round.View is { } view ? $"{view}" : null,
        sequence = round.Sequence is { } sequence ? $"{sequence}" : null,
        decision = round.Decision,
        participants = round.Participants.Select(name),
        confidence = round.Confidence,
        protocol_faults = round.ProtocolFaults.Select(fault => new { agent = name(fault.Replica), kind = fault.Kind, evidence = fault.Evidence.Encode() }),
        content_faults = round.ContentFaults.Select(fault => new { agent = name(fault.Replica), differs = fault.Differs, probability = fault.Probability }),
        links = round.Links.Select(link => new { agent = name(link.Replica), invalid_signature = link.InvalidSignature, malformed = link.Malformed, out_of_range = link.OutOfRange }),
    });
}
