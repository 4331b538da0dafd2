using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Quorate.Tests.Unit.Tidy;

public class TidyTests
{
    private const int MaxFunctionLines = 70;
    private const int MaxFileLines = 400;

    /// <summary>Who may reference whom; what is not listed is not allowed.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Brokers"] = ["Contracts", "Protocol", "Transport"],
        ["Contracts"] = [],
        ["Protocol"] = ["Contracts"],
        ["Models"] = ["Contracts"],
        ["Engine"] = ["Contracts", "Models", "Protocol"],
        ["Platforms"] = ["Contracts"],
        ["Storage"] = ["Contracts", "Engine", "Protocol", "Transport"],
        ["Faults"] = ["Contracts", "Engine", "Platforms", "Protocol"],
        ["Transport"] = ["Contracts", "Protocol"],
        ["Charts"] = ["Contracts"],
        ["Server"] = ["Contracts", "Engine", "Models"],
        ["Harness"] = ["Contracts", "Engine", "Faults", "Models", "Platforms", "Protocol"],
        ["Cli"] = ["Brokers", "Charts", "Contracts", "Engine", "Faults", "Harness", "Models", "Platforms", "Protocol", "Server", "Storage", "Transport"],
    };

    [Fact]
    public void Projects_References_GoOneWay()
    {
        var wrong = new List<string>();
        foreach (var project in Repository.Files("*.csproj", "src"))
        {
            var name = Path.GetFileNameWithoutExtension(project)["Quorate.".Length..];
            wrong.AddRange(XDocument.Load(project).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)["Quorate.".Length..])
                .Where(target => !Allowed[name].Contains(target))
                .Select(target => $"{name} -> {target}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Texts_DocumentsTheyName_Exist()
    {
        var absent = Repository.Files("*.cs", "src").Concat(Repository.Files("*.md", "docs"))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"\bdocs/[\w/.-]+\.(?:md|json|py)\b", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(m => (File: file, Named: m.Value)))
            .Where(m => !File.Exists(Path.Combine(Repository.Root, m.Named)))
            .Select(m => $"{Repository.Relative(m.File)} names {m.Named}");
        Assert.Empty(absent);
    }

    [Fact]
    public void Protocol_Packages_None()
    {
        var protocol = XDocument.Load(Path.Combine(Repository.Root, "src/Protocol/Quorate.Protocol.csproj"));
        Assert.Empty(protocol.Descendants("PackageReference"));
        Assert.Empty(protocol.Descendants("FrameworkReference"));
    }

    [Fact]
    public void Protocol_Sources_TouchNoClockFileOrNetwork()
    {
        var impure = new Regex(@"\b(TimeProvider|System\.IO\.File|File\.(Read|Write|Open)|HttpClient|Socket|Task\.Run|Thread|RandomNumberGenerator\.(Fill|GetBytes))\b", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        var wrong = Repository.Files("*.cs", "src/Protocol").Where(f => impure.IsMatch(WithoutComments(f))).Select(Repository.Relative);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Functions_Length_FitsAScreen()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Files("*.cs", "src", "lab", "tests"))
        {
            var tree = CSharpSyntaxTree.ParseText(File.ReadAllText(file), cancellationToken: TestContext.Current.CancellationToken);
            foreach (var function in tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes().Where(n => n is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax))
            {
                var span = function.GetLocation().GetLineSpan().Span;
                var lines = span.End.Line - span.Start.Line + 1;
                if (lines > MaxFunctionLines)
                {
                    wrong.Add($"{Repository.Relative(file)}:{span.Start.Line + 1} has {lines} lines");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Files_Length_HoldOneSubject()
    {
        var wrong = Repository.Files("*.cs", "src", "lab", "tests")
            .Select(f => (File: Repository.Relative(f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > MaxFileLines)
            .Select(f => $"{f.File} has {f.Lines} lines");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Names_Types_SayWhatTheyAre()
    {
        var vague = new Regex(@"\b(class|record|struct|interface)\s+\w*(Manager|Helper|Helpers|Util|Utils|Utilities|Misc)\b", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        var wrong = Repository.Files("*.cs", "src", "lab").Where(f => vague.IsMatch(WithoutComments(f))).Select(Repository.Relative);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Sources_Leftovers_None()
    {
        // Written in halves so that this file does not find itself.
        string[] leftovers = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "Assert.True(" + "true)", "(Skip" + " ="];
        var wrong = Repository.Files("*.cs", "src", "lab", "tests")
            .SelectMany(f => leftovers.Where(l => File.ReadAllText(f).Contains(l, StringComparison.Ordinal)).Select(l => $"{Repository.Relative(f)}: {l}"));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Suppressions_Each_HaveAReasonAbove()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Files("*.cs", "src", "lab", "tests"))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (lines[i].TrimStart().StartsWith("#pragma warning disable", StringComparison.Ordinal)
                    && (i == 0 || !lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal)))
                {
                    wrong.Add($"{Repository.Relative(file)}:{i + 1}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static string WithoutComments(string file) =>
        Regex.Replace(File.ReadAllText(file), @"//[^\n]*", "", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
