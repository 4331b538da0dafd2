using System.Text;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// What follows from a record and the ballots on it: for each proposal and each change, whether it is accepted. As bytes: a
/// digit for each proposal, a slash, and a digit for each change.
/// </summary>
public sealed record RoundOutcome(IReadOnlyList<bool> Proposals, IReadOnlyList<bool> Changes)
{
    public byte[] ToBytes() => Encoding.ASCII.GetBytes(Digits(Proposals) + "/" + Digits(Changes));

    /// <summary>Null for bytes that are no outcome of the record.</summary>
    public static RoundOutcome? TryParse(ReadOnlySpan<byte> bytes, PlacementRecord record)
    {
        var parts = Encoding.ASCII.GetString(bytes).Split('/');
        return parts.Length == 2 && parts[0].Length == record.Proposals.Count && parts[1].Length == record.Changes.Count && parts.All(p => p.All(c => c is '0' or '1'))
            ? new RoundOutcome(Read(parts[0]), Read(parts[1]))
            : null;
    }

    internal static string Digits(IEnumerable<bool> values) => string.Concat(values.Select(v => v ? '1' : '0'));

    private static IReadOnlyList<bool> Read(string digits) => [.. digits.Select(d => d == '1')];
}
