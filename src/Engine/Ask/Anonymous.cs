using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask;

/// <summary>Answers without names, in an order that says nothing of the panel's.</summary>
internal static class Anonymous
{
    public static IReadOnlyList<(string Label, MemberResponse Response)> Shuffle(IReadOnlyList<MemberResponse> answers, int seed)
    {
        var order = answers.ToArray();
        new Random(seed).Shuffle(order);
        return [.. order.Select((r, i) => (Label(i), r))];
    }

    /// <summary>A, B, … Z, AA, AB, ….</summary>
    private static string Label(int i) => i < 26 ? ((char)('A' + i)).ToString() : Label((i / 26) - 1) + Label(i % 26);
}
