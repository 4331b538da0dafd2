using System.Text.Json;
using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>
/// Emotional tone by a lexicon of words, phrases and word beginnings for each of six tones. An entry counts once for each place where it
/// stands, unless one of the three words before it in its clause negates it. A tone's share is its count beside all tones' counts.
/// </summary>
public static class Tones
{
    private static readonly Lazy<IReadOnlyDictionary<string, PhraseLexicon>> Lexicon = new(() =>
        JsonSerializer.Deserialize<Dictionary<string, string[]>>(Lexicons.Text("tones.json"))!.ToDictionary(t => t.Key, t => new PhraseLexicon(t.Value), StringComparer.Ordinal));

    public static EmotionalTone Of(string text) => Of(new ToneText(text));

    internal static EmotionalTone Of(ToneText text)
    {
        double Count(string tone) => Lexicon.Value[tone].Matches(text).Count(m => !m.Negated);
        var (empathetic, judgmental, analytical) = (Count("empathetic"), Count("judgmental"), Count("analytical"));
        var (ambivalent, defensive, curious) = (Count("ambivalent"), Count("defensive"), Count("curious"));
        var all = empathetic + judgmental + analytical + ambivalent + defensive + curious;
        return all == 0
            ? new EmotionalTone(0, 0, 0, 0, 0, 0)
            : new EmotionalTone(empathetic / all, judgmental / all, analytical / all, ambivalent / all, defensive / all, curious / all);
    }
}
