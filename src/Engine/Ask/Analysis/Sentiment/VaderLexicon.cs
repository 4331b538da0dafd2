using System.Globalization;
using System.Text;

namespace Quorate.Engine.Ask.Analysis.Sentiment;

/// <summary>VADER's published lexicon and word lists; Lexicons/NOTICE.md names source and licence.</summary>
internal static class VaderLexicon
{
    /// <summary>What a degree adverb adds to the word after it.</summary>
    public const double BoosterIncrement = 0.293;

    private static readonly Lazy<IReadOnlyDictionary<string, double>> Words = new(() =>
        Lexicons.Lines("vader.tsv").Select(l => l.Split('\t')).ToDictionary(c => c[0], c => double.Parse(c[1], CultureInfo.InvariantCulture), StringComparer.Ordinal));

    private static readonly Lazy<IReadOnlyDictionary<Rune, string>> Emojis = new(() =>
        Lexicons.Lines("vader-emoji.tsv").Select(l => l.Split('\t')).ToDictionary(c => Rune.GetRuneAt(c[0], 0), c => c[1]));

    private static readonly HashSet<string> Negators = new(
        ("aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't doesn't dont hadnt hasnt havent isnt mightnt mustnt neither "
        + "don't hadn't hasn't haven't isn't mightn't mustn't neednt needn't never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent oughtn't "
        + "shan't shouldn't uh-uh wasn't weren't without wont wouldnt won't wouldn't rarely seldom despite").Split(' '),
        StringComparer.Ordinal);

    private static readonly Dictionary<string, double> Degrees = Signed(
        "absolutely,amazingly,awfully,completely,considerable,considerably,decidedly,deeply,effing,enormous,enormously,entirely,especially,exceptional,exceptionally,"
        + "extreme,extremely,fabulously,flipping,flippin,frackin,fracking,fricking,frickin,frigging,friggin,fully,fuckin,fucking,fuggin,fugging,greatly,hella,highly,"
        + "hugely,incredible,incredibly,intensely,major,majorly,more,most,particularly,purely,quite,really,remarkably,so,substantially,thoroughly,total,totally,"
        + "tremendous,tremendously,uber,unbelievably,unusually,utter,utterly,very",
        "almost,barely,hardly,just enough,kind of,kinda,kindof,kind-of,less,little,marginal,marginally,occasional,occasionally,partly,scarce,scarcely,slight,slightly,"
        + "somewhat,sort of,sorta,sortof,sort-of");

    private static readonly Dictionary<string, double> Idioms = new(StringComparer.Ordinal)
    {
        ["the shit"] = 3,
        ["the bomb"] = 3,
        ["bad ass"] = 1.5,
        ["badass"] = 1.5,
        ["bus stop"] = 0,
        ["yeah right"] = -2,
        ["kiss of death"] = -1.5,
        ["to die for"] = 3,
        ["beating heart"] = 3.1,
        ["broken heart"] = -2.9,
    };

    public static bool TryValence(string lower, out double valence) => Words.Value.TryGetValue(lower, out valence);

    public static bool Has(string lower) => Words.Value.ContainsKey(lower);

    public static bool TryDegree(string lower, out double degree) => Degrees.TryGetValue(lower, out degree);

    public static bool TryIdiom(string lower, out double valence) => Idioms.TryGetValue(lower, out valence);

    public static bool TryEmoji(Rune emoji, out string? description) => Emojis.Value.TryGetValue(emoji, out description);

    public static bool Negates(string lower) => Negators.Contains(lower) || lower.Contains("n't", StringComparison.Ordinal);

    private static Dictionary<string, double> Signed(string up, string down) =>
        up.Split(',').Select(w => (Word: w, Degree: BoosterIncrement)).Concat(down.Split(',').Select(w => (Word: w, Degree: -BoosterIncrement)))
            .ToDictionary(d => d.Word, d => d.Degree, StringComparer.Ordinal);
}
