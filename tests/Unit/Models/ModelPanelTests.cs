using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Models;
using Quorate.Models.Health;
using Quorate.Models.Panel;

namespace Quorate.Tests.Unit.Models;

public sealed class ModelPanelTests
{
    private static readonly (MemberInfo Info, IChatClient Client)[] Embedded =
        [(new MemberInfo { Name = "rules", Provider = "embedded", Model = "rules", Aggregator = true }, new FakeChatClient(_ => Task.FromResult(FakeChatClient.Answer("by rule"))))];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_NoKeyAnywhere_LeavesTheEmbeddedMembersAndSaysWhatIsMissing()
    {
        await using var panel = Create([Member("a", "KEY_A"), Member("b", "KEY_B")]);
        Assert.Equal(["rules"], panel.Members.Select(m => m.Name));
        Assert.True(panel.Members[0] is { Aggregator: true, Embedded: true });
        Assert.Equal([new SkippedMember("a", "KEY_A"), new SkippedMember("b", "KEY_B")], panel.Skipped);
        Assert.Equal("by rule", (await panel.Client("rules").GetResponseAsync("hello", cancellationToken: Cancelled)).Text);
        var health = await new HealthMonitor(() => panel, TimeProvider.System).ProbeAllAsync(Cancelled);
        Assert.Equal([HealthStatus.Healthy], health.Select(h => h.Status));
    }

    [Fact]
    public async Task Create_SomeKeys_MakesTheFlaggedOrElseTheFirstPresentMemberTheAggregator()
    {
        await using var none = Create([Member("a", "KEY_A"), Member("b", "SET"), Member("c", null)]);
        Assert.Equal([("b", true), ("c", false)], none.Members.Select(m => (m.Name, m.Aggregator)));
        await using var flagged = Create([Member("b", "SET"), Member("c", null) with { Aggregator = true }]);
        Assert.Equal([("b", false), ("c", true)], flagged.Members.Select(m => (m.Name, m.Aggregator)));
        await using var lost = Create([Member("a", "KEY_A") with { Aggregator = true }, Member("b", "SET")], embeddedAlways: true);
        Assert.Equal([("b", true), ("rules", false)], lost.Members.Select(m => (m.Name, m.Aggregator)));
    }

    [Fact]
    public void Create_WrongSettings_SayWhich()
    {
        Assert.Contains("a is the name of two", Assert.Throws<QuorateException>(() => Create([Member("a", null), Member("a", null)])).Message, StringComparison.Ordinal);
        Assert.Contains("rules is the name of two", Assert.Throws<QuorateException>(() => Create([Member("rules", null)])).Message, StringComparison.Ordinal);
        Assert.Contains("a and b", Assert.Throws<QuorateException>(() => Create([Member("a", null) with { Aggregator = true }, Member("b", null) with { Aggregator = true }])).Message, StringComparison.Ordinal);
        var nobody = Assert.Throws<QuorateException>(() => ModelPanel.Create(new PanelSettings { Members = [Member("a", "KEY_A")] }, [], (_, _) => Task.CompletedTask, TimeProvider.System, new Ids(), new Random(1), _ => null));
        Assert.Equal(ErrorKind.Missing, nobody.Kind);
        Assert.Contains("KEY_A", nobody.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_UnknownMember_NamesTheKnownOnes()
    {
        await using var panel = Create([Member("a", null)]);
        Assert.Contains("a", Assert.Throws<QuorateException>(() => panel.Client("z")).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_AfterAReload_KeepsUnchangedMembersAndOnlyThem()
    {
        await using var before = Create([Member("a", null), Member("b", null)]);
        await using var after = Create([Member("a", null), Member("b", null) with { Model = Member("b", null).Model with { Temperature = 1 } }], previous: before);
        Assert.Same(before.Client("a"), after.Client("a"));
        Assert.NotSame(before.Client("b"), after.Client("b"));
    }

    [Fact]
    public async Task Watcher_FileChanges_SwapsThePanelAndKeepsTheOldOneOverABrokenEdit()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "a", Cancelled);
            await using var watcher = await PanelWatcher.StartAsync([file], async (previous, token) =>
            {
                var name = await File.ReadAllTextAsync(file, token);
                return name.Length == 1 ? Create([Member(name, null)], previous: previous) : throw QuorateException.Input("config_invalid", "the edit is broken");
            }, TimeProvider.System, Cancelled);
            var first = watcher.Current;
            Assert.False(await watcher.CheckAsync(Cancelled));

            await WriteAsync(file, "broken");
            Assert.True(await watcher.CheckAsync(Cancelled));
            Assert.Same(first, watcher.Current);
            Assert.Equal("the edit is broken", watcher.LastProblem);

            await WriteAsync(file, "b");
            Assert.True(await watcher.CheckAsync(Cancelled));
            Assert.Equal(["b"], watcher.Current.Members.Select(m => m.Name));
            Assert.Null(watcher.LastProblem);
            Assert.Equal(["a"], first.Members.Select(m => m.Name));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task WriteAsync(string file, string text)
    {
        var before = File.GetLastWriteTimeUtc(file);
        await File.WriteAllTextAsync(file, text, Cancelled);
        // Two edits within one tick of the file system's clock look like one.
        File.SetLastWriteTimeUtc(file, before.AddSeconds(1));
    }

    private static MemberSettings Member(string name, string? key) =>
        new() { Name = name, Model = new ModelConfig { Provider = "custom", Endpoint = new Uri("http://127.0.0.1:9/v1"), Model = "m", ApiKeyVariable = key } };

    private static ModelPanel Create(IReadOnlyList<MemberSettings> members, bool embeddedAlways = false, ModelPanel? previous = null) =>
        ModelPanel.Create(
            new PanelSettings { Members = members, EmbeddedAlways = embeddedAlways, Pipeline = new PipelineSettings { Cache = false } },
            Embedded, (_, _) => Task.CompletedTask, TimeProvider.System, new Ids(), new Random(1), name => name == "SET" ? "secret" : null, previous);

    private sealed class Ids : IIdSource
    {
        private int _last;

        public string Next(string prefix) => $"{prefix}-{Interlocked.Increment(ref _last)}";
    }
}
