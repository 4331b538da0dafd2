using System.Text;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>The decision tag as ledgers and exports write it.</summary>
public static class LedgerTags
{
    public const string Llm = "LLM_DECISION";
    public const string Deterministic = "DETERMINISTIC";

    private static readonly byte[] LlmBytes = Encoding.ASCII.GetBytes(Llm);
    private static readonly byte[] DeterministicBytes = Encoding.ASCII.GetBytes(Deterministic);

    public static string? Format(DecisionTag? tag) => tag switch
    {
        null => null,
        DecisionTag.LlmDecision => Llm,
        _ => Deterministic,
    };

    /// <exception cref="FormatException">Neither tag.</exception>
    public static DecisionTag? Parse(string? text) => text switch
    {
        null => null,
        Llm => DecisionTag.LlmDecision,
        Deterministic => DecisionTag.Deterministic,
        _ => throw new FormatException($"the decision tag \"{text}\" is neither {Llm} nor {Deterministic}"),
    };

    /// <summary>False when it is neither tag.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DecisionTag? tag)
    {
        tag = text.SequenceEqual(LlmBytes) ? DecisionTag.LlmDecision : DecisionTag.Deterministic;
        return tag == DecisionTag.LlmDecision || text.SequenceEqual(DeterministicBytes);
    }
}
