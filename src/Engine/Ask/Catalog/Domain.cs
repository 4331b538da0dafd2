namespace Quorate.Engine.Ask.Catalog;

/// <summary>A field of expertise that a question is put in.</summary>
/// <param name="Name">As requests name it.</param>
/// <param name="Prefix">Begins the members' instructions; empty for none.</param>
public sealed record Domain(string Name, string Prefix)
{
    public static IReadOnlyList<Domain> All { get; } =
    [
        new("Custom", ""),
        new("Education", "As an education policy expert, "),
        new("Healthcare", "As a health policy expert, "),
        new("Policy", "As a public policy expert, "),
        new("Science/Technology", "As a science and technology expert, "),
        new("Environmental", "As an environmental policy expert, "),
    ];

    public static Domain? Find(string name) => All.FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase));
}
