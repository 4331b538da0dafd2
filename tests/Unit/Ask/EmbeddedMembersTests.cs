using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Models.Providers.Embedded;

namespace Quorate.Tests.Unit.Ask;

public sealed partial class EmbeddedMembersTests : IDisposable
{
    private static readonly string[] Names = ["bm25", "tfidf", "overlap", "rules"];
    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-documents").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Create_AnyFolder_SaysWhatTheMembersAre()
    {
        var members = EmbeddedMembers.Create([_folder]);
        Assert.Equal(Names, members.Select(m => m.Info.Name));
        Assert.All(members, m => Assert.True(m.Info is { Embedded: true, Provider: "embedded", Aggregator: false }));
        Assert.Equal(4, members.Select(m => m.Info.Model).Distinct().Count());
    }

    [Fact]
    public void Create_MissingFolder_NamesIt()
    {
        var error = Assert.Throws<QuorateException>(() => EmbeddedMembers.Create([Path.Combine(_folder, "absent")]));
        Assert.Equal((ErrorKind.Missing, "documents_missing"), (error.Kind, error.Code));
        Assert.Contains("absent", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bm25")]
    [InlineData("tfidf")]
    [InlineData("overlap")]
    [InlineData("rules")]
    public async Task Answer_OpenQuestion_QuotesWithTheCitation(string name)
    {
        Write("engine.md", "# Engine\n\n## Oil change\n\nThe oil filter is changed every 10,000 km. Use a new gasket.\n\n## Paint\n\nThe colour is red.\n");
        Write("notes.txt", "Bring water.\n\nThe tyre pressure is\nset to 2.4 bar.\n");
        var oil = await Ask(name, "How often is the oil filter changed?");
        Assert.Contains("The oil filter is changed every 10,000 km. [engine.md#oil-change]", oil, StringComparison.Ordinal);
        Assert.DoesNotContain("red", oil, StringComparison.Ordinal);
        Assert.EndsWith(": sentences quoted from the documents.", oil, StringComparison.Ordinal);
        Assert.Contains("The tyre pressure is set to 2.4 bar. [notes.txt:3]", await Ask(name, "What is the tyre pressure?"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bm25")]
    [InlineData("tfidf")]
    [InlineData("overlap")]
    [InlineData("rules")]
    public async Task Answer_NothingInTheDocuments_SaysExactlyThat(string name)
    {
        Write("engine.md", "# Engine\n\nThe oil filter is changed every 10,000 km.\n");
        var answer = await Ask(name, "Who won the chess tournament in Reykjavík?");
        Assert.Equal($"not found in {Path.GetFileName(_folder)}", answer);
        Assert.True(EmbeddedMembers.IsNotFound(answer));
        Assert.Equal($"not found in {Path.GetFileName(_folder)}", await Ask(name, ""));
        var vote = await Ask(name, "Reply with a first line ANSWER: yes|no|unknown\n<question>\nDid Iceland win the chess tournament?\n</question>");
        Assert.Equal($"ANSWER: unknown\nCONFIDENCE: 0.00\nnot found in {Path.GetFileName(_folder)}", vote);
        Assert.True(EmbeddedMembers.IsNotFound(vote));
    }

    [Theory]
    [InlineData("Is the valve open by default?", "yes")]
    [InlineData("Is the valve closed by default?", "no")]
    [InlineData("Isn't the valve open by default?", "yes")]
    [InlineData("Is the valve not open by default?", "no")]
    [InlineData("May the pump run dry?", "no")]
    [InlineData("Does the pump need cooling water?", "yes")]
    public async Task Vote_YesOrNo_FollowsNegationsAndOpposites(string question, string expected)
    {
        Write("plant.md", "# Plant\n\n## Valve\n\nThe valve is open by default. It has a red lever.\n\n## Pump\n\nThe pump never runs dry. The pump needs cooling water, without salt.\n");
        foreach (var name in Names)
        {
            var answer = await Ask(name, $"Reply with a first line ANSWER: yes|no|unknown.\n<question>\n{question}\n</question>");
            var lines = answer.Split('\n');
            Assert.Equal((name, $"ANSWER: {expected}"), (name, lines[0]));
            Assert.InRange(double.Parse(Confidence().Match(lines[1]).Groups["value"].Value, CultureInfo.InvariantCulture), 0.3, 1);
            Assert.Contains("[plant.md#", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Which fuel does the generator use?", new[] { "petrol", "diesel", "gas" }, "B")]
    [InlineData("Where is the generator kept?", new[] { "in the cellar", "on the roof" }, "A")]
    [InlineData("Who painted the generator?", new[] { "Anna", "Bert" }, "unknown")]
    public async Task Vote_MultipleChoice_FindsTheChoiceBesideTheQuestionsWords(string question, string[] choices, string expected)
    {
        Write("generator.md", "# Generator\n\nThe generator uses diesel as its fuel.\n\nThe generator is kept in the cellar, dry and locked.\n");
        var prompt = $"<question>\n{question}\n</question>\n<choices>\n{string.Join('\n', choices.Select((c, i) => $"{(char)('A' + i)}) {c}"))}\n</choices>";
        foreach (var name in Names)
        {
            Assert.Equal((name, $"ANSWER: {expected}"), (name, (await Ask(name, prompt)).Split('\n')[0]));
        }
    }

    [Fact]
    public async Task Answer_DocumentsChange_AreReadAgain()
    {
        Write("a.md", "# A\n\nThe tower is 30 metres high.\n");
        var client = Client("bm25");
        Assert.Contains("30 metres", await Ask(client, "How high is the tower?"), StringComparison.Ordinal);
        Write("a.md", "# A\n\nThe tower is 31 metres high, since the new roof.\n");
        Assert.Contains("31 metres", await Ask(client, "How high is the tower?"), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "a.md"));
        Assert.StartsWith(EmbeddedMembers.NotFound, await Ask(client, "How high is the tower?"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_PipesAndNamesThatAreNoUtf8_DoNotStandInTheWay()
    {
        Write("good.md", "# Good\n\nThe tower is 30 metres high.\n");
        await ShellAsync("mkfifo \"$1/pipe.md\" && echo 'The tower is high.' > \"$1/\"$'caf\\xe9.md'");
        try
        {
            Assert.Contains("[good.md#good]", await Ask(Client("overlap"), "How high is the tower?").WaitAsync(TimeSpan.FromSeconds(20), Token), StringComparison.Ordinal);
        }
        finally
        {
            // .NET can no more delete such a name than read it.
            await ShellAsync("rm \"$1\"/pipe.md \"$1\"/caf*");
        }
    }

    private async Task ShellAsync(string script)
    {
        using var shell = Process.Start("bash", ["-c", script, "bash", _folder]);
        await shell.WaitForExitAsync(Token);
        Assert.Equal(0, shell.ExitCode);
    }

    [Fact]
    public async Task Answer_FilesThatAreNoText_AreLeftOutWithAWarning()
    {
        Write("good.md", "# Good\n\nThe tower is 30 metres high.\n");
        await File.WriteAllBytesAsync(Path.Combine(_folder, "latin.txt"), [.. "The tower is gr"u8, 0xFC, .. "n and high."u8], Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "binary.md"), [.. "tower"u8, 0, 1, 2], Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "large.txt"), new byte[(1024 * 1024) + 1], Token);
        Write("picture.png", "The tower is high.");
        var client = Client("overlap");
        Assert.Contains("[good.md#good]", await Ask(client, "How high is the tower?"), StringComparison.Ordinal);
        var library = Assert.IsType<DocumentLibrary>(client.GetService(typeof(DocumentLibrary)));
        Assert.Equal(["binary.md is left out: it is not text.", "large.txt is left out: documents may have 1 MiB each and 16 MiB together.", "latin.txt is left out: it is not UTF-8."], library.Warnings.Order());
    }

    [Fact]
    public async Task Answer_LinkOutOfTheFolder_IsNotFollowed()
    {
        var outside = Path.Combine(Path.GetTempPath(), Path.GetFileName(_folder) + ".md");
        await File.WriteAllTextAsync(outside, "# Secret\n\nThe vault opens with 1234 five.\n", Token);
        try
        {
            File.CreateSymbolicLink(Path.Combine(_folder, "link.md"), outside);
            Assert.StartsWith(EmbeddedMembers.NotFound, await Ask("bm25", "How does the vault open?"), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(outside);
        }
    }

    [Fact]
    public async Task Streaming_AnyQuestion_GivesTheSameWordsInPieces()
    {
        Write("a.md", "# A\n\nThe tower is 30 metres high.\n");
        var client = Client("rules");
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "How high is the tower?")], cancellationToken: Token))
        {
            updates.Add(update);
        }

        Assert.True(updates.Count > 6);
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal(await Ask(client, "How high is the tower?"), string.Concat(updates.Select(u => u.Text)));
    }

    [Fact]
    public async Task Answer_AskedAtOnceByMany_IsTheSame()
    {
        Write("a.md", "# A\n\nThe tower is 30 metres high.\n");
        var client = Client("tfidf");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Ask(client, "How high is the tower?")));
        Assert.Single(answers.Distinct());
    }

    [Theory]
    [InlineData("What does a quorum certificate prove?", "[certificates.md#")]
    [InlineData("How do I rotate the keys?", "quorate keys rotate")]
    [InlineData("What happens after a crash?", "[decisions.md#")]
    public async Task DefaultFolder_QuestionsAboutQuorate_AreAnsweredWithCitations(string question, string expected)
    {
        foreach (var (info, client) in EmbeddedMembers.Create([]).Where(m => m.Info.Name is "bm25" or "tfidf" or "rules"))
        {
            Assert.Contains(expected, await Ask(client, question), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DefaultFolder_IsApprovalOn_IsAffirmedByMostAndDeniedByNone()
    {
        var answers = await Task.WhenAll(EmbeddedMembers.Create([]).Select(m => Ask(m.Client, "ANSWER: yes|no|unknown\n<question>\nIs approval on by default?\n</question>")));
        // The documents change: one way of ranking may find another sentence that decides nothing.
        Assert.True(answers.Count(a => a.StartsWith("ANSWER: yes\nCONFIDENCE: 1.00\nApproval is on by default. [", StringComparison.Ordinal)) >= 3);
        Assert.DoesNotContain(answers, a => a.StartsWith("ANSWER: no", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^CONFIDENCE: (?<value>[01]\.\d\d)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Confidence();

    private static async Task<string> Ask(IChatClient client, string prompt) =>
        (await client.GetResponseAsync([new ChatMessage(ChatRole.System, "You answer."), new ChatMessage(ChatRole.User, prompt)], cancellationToken: Token)).Text;

    private Task<string> Ask(string name, string prompt) => Ask(Client(name), prompt);

    private IChatClient Client(string name) => EmbeddedMembers.Create([_folder]).Single(m => m.Info.Name == name).Client;

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);
}
