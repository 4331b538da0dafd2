using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;
using Quorate.Harness.Runs;
using Quorate.Harness.Sites;
using Quorate.Models;
using Quorate.Tests.Unit.Planning;

namespace Quorate.Tests.Unit.Harness;

public sealed class ReplayTests : IDisposable
{
    private const string Answer = """{"root_goal":"look","root_cause":{"service":"api","cause":"it hangs","confidence":0.7},"tasks":[{"task_id":"a","type":"check_logs","target":"api","assigned_to":"LogAgent"}]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-replay-").FullName;

    [Fact]
    public async Task Replay_HundredRecordsOfRules_AreIdentical()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            await RecordAsync(seed, Arms.Rulebook);
        }

        var folders = RecordFolder.Find(_folder);
        Assert.Equal(100, folders.Count);
        foreach (var folder in folders)
        {
            var result = await ReplayAsync(folder);
            Assert.True(result.Identical, $"{result.Run}: {result.Difference}");
            Assert.Equal(result.RecordedSha256, result.ReplayedSha256);
        }
    }

    [Theory]
    [InlineData(Arms.Llm)]
    [InlineData(Arms.Auto)]
    [InlineData(Arms.Nothing)]
    [InlineData(Arms.Ceiling)]
    public async Task Replay_EveryArm_IsIdentical(string arm) => Assert.Null((await ReplayAsync(await RecordAsync(1, arm))).Difference);

    [Fact]
    public async Task Replay_ModelThatFailed_FailsAgain()
    {
        var folder = await RecordAsync(1, Arms.Auto, new ModelException(ModelFailure.Unreachable, "nobody listens"));
        Assert.Null((await ReplayAsync(folder)).Difference);
        Assert.Contains("nobody listens", await File.ReadAllTextAsync(Path.Combine(folder, "planning.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("planning.json", "unhealthy", "healthy")]
    [InlineData("planning.json", "ERROR", "OK")]
    [InlineData("oracle.json", "3200", "3300")]
    [InlineData("result.json", "true", "false")]
    [InlineData("incident.json", "1500", "1400")]
    public async Task Replay_FileChanged_IsFound(string file, string was, string now)
    {
        var folder = await RecordAsync(3, Arms.Rulebook);
        var path = Path.Combine(folder, file);
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var changed = text.Contains(was, StringComparison.Ordinal) ? text.Replace(was, now, StringComparison.Ordinal) : text + " ";
        await File.WriteAllTextAsync(path, changed, TestContext.Current.CancellationToken);
        var result = await ReplayAsync(folder);
        Assert.False(result.Identical);
        Assert.Contains(file, result.Difference!, StringComparison.Ordinal);
    }

    /// <summary>A record is foreign data: whatever it holds is told, and nothing is read without end.</summary>
    [Theory]
    [InlineData("manifest.json", """{"format":1,"run":"r","real_ms":1,"result_sha256":"00"}""")]
    [InlineData("manifest.json", """{"format":1,"run":"r","real_ms":1,"result_sha256":"00","files":{}}""")]
    [InlineData("planning.json", """{"steps":null}""")]
    [InlineData("planning.json", """{"site":{},"recipe":{"name":"rulebook"},"steps":[{"context":[]}]}""")]
    [InlineData("incident.json", """{"commits":[{"step":99,"version":1,"at_ms":1}]}""")]
    [InlineData("incident.json", "[]")]
    [InlineData("answers.json", "not json")]
    public async Task Replay_ForeignRecord_IsToldAndKeepsNobodyElse(string file, string text)
    {
        var folder = await RecordAsync(3, Arms.Rulebook);
        await File.WriteAllTextAsync(Path.Combine(folder, file), text, TestContext.Current.CancellationToken);
        if (file != "manifest.json")
        {
            var manifest = RecordFolder.ReadManifest(folder);
            var hashes = manifest.Files.ToDictionary(f => f.Key, f => RecordFolder.HashOf(File.ReadAllBytes(Path.Combine(folder, f.Key))));
            await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), QuorateJson.Serialize(manifest with { Files = hashes }), TestContext.Current.CancellationToken);
        }

        var result = await ReplayAsync(folder);
        Assert.False(result.Identical);
        Assert.NotEmpty(result.Difference!);
    }

    [Fact]
    public async Task Replay_FileIsALinkElsewhere_IsNotFollowed()
    {
        var folder = await RecordAsync(3, Arms.Rulebook);
        File.Delete(Path.Combine(folder, "answers.json"));
        File.CreateSymbolicLink(Path.Combine(folder, "answers.json"), "/dev/zero");
        Assert.Contains("answers.json", (await ReplayAsync(folder)).Difference!, StringComparison.Ordinal);
    }

    /// <summary>Whoever changes a record can write its hashes anew; what follows from the evidence cannot be made up.</summary>
    [Theory]
    [InlineData("result.json", "\"sr_pass\":true", "\"sr_pass\":false", "sr_pass")]
    [InlineData("incident.json", "\"triage_ended_ms\": 5000", "\"triage_ended_ms\": 9000", "result:")]
    [InlineData("planning.json", "\"state\": \"stopped\"", "\"state\": \"paused\"", "proposal 1")]
    public async Task Replay_FileChangedWithItsHashes_IsFoundByTheResult(string file, string was, string now, string difference)
    {
        var folder = await RecordAsync(3, Arms.Rulebook);
        var text = await File.ReadAllTextAsync(Path.Combine(folder, file), TestContext.Current.CancellationToken);
        Assert.Contains(was, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, file), text.Replace(was, now, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var manifest = RecordFolder.ReadManifest(folder);
        var hashes = manifest.Files.ToDictionary(f => f.Key, f => RecordFolder.HashOf(File.ReadAllBytes(Path.Combine(folder, f.Key))));
        await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), QuorateJson.Serialize(manifest with { Files = hashes, ResultSha256 = hashes["result.json"] }), TestContext.Current.CancellationToken);
        var result = await ReplayAsync(folder);
        Assert.False(result.Identical);
        Assert.Contains(difference, result.Difference!, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_SecretsOfTheSite_AreMasked()
    {
        var site = Shop.Site with { Services = [Shop.Site.Services[0] with { Environment = new Dictionary<string, string> { ["DB_PASSWORD"] = "hunter2", ["API_URL"] = "http://u:hunter2@api/" }, Command = ["serve", "--requirepass", "hunter2", "--token=hunter2", "postgres://u:hunter2@db/x"] }] };
        Assert.DoesNotContain("hunter2", QuorateJson.Serialize(RecordingPlanner.Masked(site)), StringComparison.Ordinal);
    }

    /// <summary>Logs name services by these: without them a replay would find other causes.</summary>
    [Fact]
    public void Record_Observation_KeepsItsAddresses()
    {
        var seen = new ServiceObservation { Name = "api", State = ServiceState.Running, Addresses = ["172.20.0.8"] };
        Assert.Equal(seen.Addresses, QuorateJson.Deserialize<ServiceObservation>(QuorateJson.Serialize(seen))!.Addresses);
    }

    [Fact]
    public void Find_FolderWithoutManifest_IsNoRecord()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "half"));
        Assert.Empty(RecordFolder.Find(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<ReplayResult> ReplayAsync(string folder) => new Replay(RulebookLoader.Load(), RulesVersion.Of([]), TimeProvider.System).RunAsync(folder, TestContext.Current.CancellationToken);

    /// <summary>Two proposals of a shop that the seed breaks, planned for real, in evidence of a run that went well.</summary>
    private async Task<string> RecordAsync(int seed, string arm, ModelException? failure = null)
    {
        var draws = new PlannerDraws();
        var needsModel = arm is Arms.Llm or Arms.Auto;
        var recipe = new PlannerRecipe(arm, needsModel ? "test-model" : null, 0, 1_000, PlanLimits.Default, Plans.Chain(1, "restart").Tasks);
        using var model = new SayingClient(Answer, failure);
        var inner = PlannerRecipes.Create(recipe, RulebookLoader.Load(), needsModel ? new NotedChatClient(model, draws) : null, null, new NotedTime(TimeProvider.System, draws), new NotedIds(new CountingIds(), draws));
        var planner = new RecordingPlanner(inner, draws, new RunClock(TimeProvider.System));
        var service = Shop.Names[seed % Shop.Names.Length];
        var shop = new Shop { Text = $"incident {seed}" }.State(service, ServiceState.Stopped).Sick("edge").Log(service, "fatal: out of memory");
        await planner.ProposeAsync(shop.Context(), TestContext.Current.CancellationToken);
        await planner.ProposeAsync(shop.Looked().Context(), TestContext.Current.CancellationToken);
        var evidence = Plans.Repaired();
        var proposals = planner.Proposals;
        var committed = proposals.Select((p, i) => (p.Plan, i)).Where(p => p.Plan is not null).ToList();
        evidence = evidence with
        {
            Header = evidence.Header with { Seed = seed, Arm = arm },
            Planning = new PlanningTrace { Site = QuorateJson.ToElement(RecordingPlanner.Masked(Shop.Site)), Recipe = recipe, Steps = planner.Steps },
            Incident = evidence.Incident with
            {
                Commits = [.. committed.Select((p, version) => new PlanCommit(p.i, version + 1, 1_500 + version))],
                Tasks = [.. committed.SelectMany((p, version) => p.Plan!.Tasks.Select(t => Plans.Ran(version + 1, t.TaskId)))],
            },
        };
        var folder = Path.Combine(_folder, $"run-{arm}-{seed}");
        RecordFolder.Write(folder, evidence, RunJudge.Judge(evidence, proposals));
        return folder;
    }

    private sealed class SayingClient(string answer, ModelException? failure) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            failure is null ? Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer))) : throw failure;

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("nobody streams");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
