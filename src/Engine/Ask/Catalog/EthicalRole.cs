namespace Quorate.Engine.Ask.Catalog;

/// <summary>A normative point of view that a member takes.</summary>
/// <param name="Name">As requests and results name it.</param>
/// <param name="Instruction">One sentence of the member's instructions.</param>
public sealed record EthicalRole(string Name, string Instruction)
{
    /// <summary>In a request: draw one by the seed.</summary>
    public const string Random = "random";

    public static IReadOnlyList<EthicalRole> All { get; } =
    [
        new("Utilitarian", "Judge by consequences: what gives the greatest well-being to the greatest number."),
        new("Deontologist", "Judge by duties and rights: what must be done or left undone whatever comes of it."),
        new("Virtue Ethicist", "Judge by character: what a wise, just and honest person would do."),
        new("Libertarian", "Judge by liberty: what respects self-ownership, property and voluntary agreement."),
        new("Rawlsian", "Judge by justice as fairness: what people would agree to behind a veil of ignorance, the worst-off first."),
        new("Precautionary", "Judge by precaution: where harm may be severe or irreversible, doubt counts against acting."),
    ];

    public static EthicalRole? Find(string name) => All.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase));
}
