using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

public sealed class OrganiseTests : IDisposable
{
    private static readonly string Task = Path.Combine(QuorateCli.Root, "lab/workloads/pipeline-task.json");
    private static readonly string Agents = Path.Combine(QuorateCli.Root, "lab/agents/pipeline.json");
    private readonly QuorateCli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Organise_ShippedExample_EveryRoleHasAnAgent()
    {
        var (code, result) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "organise", Task, "--agents", Agents);
        Assert.Equal(0, code);
        var roles = result.GetProperty("roles").EnumerateArray().ToList();
        Assert.All(roles, r => Assert.Equal(JsonValueKind.String, r.GetProperty("agent").ValueKind));
        Assert.All(roles, r => Assert.InRange(r.GetProperty("confidence").GetDouble(), 0.01, 1));
        Assert.Equal(12, roles.Sum(r => r.GetProperty("jobs").GetArrayLength()));
        Assert.Equal(1, result.GetProperty("assignment_efficiency").GetDouble());
        Assert.InRange(result.GetProperty("levels").GetInt32(), 1, 8);
        Assert.Equal(8, result.GetProperty("load").GetProperty("agents").GetArrayLength());
        Assert.True(result.GetProperty("expected_performance").GetProperty("makespan_s").GetDouble() >= result.GetProperty("complexity").GetProperty("critical_path_s").GetDouble());
        Assert.True(result.GetProperty("comparison").GetProperty("gain").GetDouble() >= 0);
    }

    [Fact]
    public async Task Organise_LostAgents_SaysWhatChangedAndWhatWaits()
    {
        var (code, result) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "organise", Task, "--agents", Agents, "--lose", "ben", "--lose", "eli", "--lose", "dia", "--lose", "gus", "--lose", "hal");
        Assert.Equal(1, code);
        Assert.Equal(["ben", "eli", "dia", "gus", "hal"], result.GetProperty("restructurings").EnumerateArray().Select(r => r.GetProperty("lost").GetString()));
        var training = result.GetProperty("roles").EnumerateArray().First(r => r.GetProperty("skill").GetString() == "train");
        Assert.Equal(JsonValueKind.Null, training.GetProperty("agent").ValueKind);
        Assert.Equal(("wait_for_agent", "no agent has the skill 'train'"), (training.GetProperty("fallback").GetString(), training.GetProperty("reason").GetString()));
        Assert.Equal(JsonValueKind.Null, result.GetProperty("expected_performance").GetProperty("makespan_s").ValueKind);
    }

    [Fact]
    public async Task Organise_ForPeople_ShowsTreeAndFigures()
    {
        var result = await _cli.RunAsync(TestContext.Current.CancellationToken, "organise", Task, "--agents", Agents, "--lose", "eli");
        Assert.Contains("critical path", result.Stdout, StringComparison.Ordinal);
        Assert.Contains("greedy rule", result.Stdout, StringComparison.Ordinal);
        Assert.Contains("expected makespan", result.Stdout, StringComparison.Ordinal);
        Assert.Contains("without eli:", result.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"t","jobs":[{"name":"a","skill":"s","duration_s":1,"depends_on":["b"]},{"name":"b","skill":"s","duration_s":1,"depends_on":["a"]}]}""", "jobs_cyclic", "a -> b -> a")]
    [InlineData("""{"name":"t","jobs":[{"name":"a","skill":"s","duration_s":1},{"name":"a","skill":"s","duration_s":1}]}""", "task_invalid", "jobs[1].name is 'a'")]
    [InlineData("""{"name":"t","jobs":[{"name":"a","skill":"s","duration_s":-1}]}""", "task_invalid", "jobs[0].duration_s is -1")]
    [InlineData("{", "task_invalid", "line 1")]
    public async Task Organise_WrongTask_ExitTwoAndNamed(string json, string code, string message)
    {
        var file = Path.Combine(_cli.Home, "task.json");
        await File.WriteAllTextAsync(file, json, TestContext.Current.CancellationToken);
        var (exit, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "organise", file, "--agents", Agents);
        Assert.Equal((2, code), (exit, document.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains(message, document.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent_unknown", "--lose", "nobody")]
    [InlineData("agent_lost", "--lose", "ada", "--lose", "ada")]
    public async Task Organise_WrongLoss_ExitTwoAndNamed(string code, params string[] lose)
    {
        var (exit, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, ["organise", Task, "--agents", Agents, .. lose]);
        Assert.Equal((2, code), (exit, document.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Organise_NoAgents_ExitTwoAndNamed()
    {
        var file = Path.Combine(_cli.Home, "agents.json");
        await File.WriteAllTextAsync(file, """{"agents":[]}""", TestContext.Current.CancellationToken);
        var (exit, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "organise", Task, "--agents", file);
        Assert.Equal((2, "agents_invalid"), (exit, document.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task BenchAssignment_Small_OptimalIsWorthMore()
    {
        var (code, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "bench", "assignment", "--size", "40", "--rounds", "5");
        Assert.Equal((0, 40, 5), (code, document.GetProperty("roles").GetInt32(), document.GetProperty("rounds").GetInt32()));
        Assert.True(document.GetProperty("gain").GetDouble() > 0);
        Assert.True(document.GetProperty("optimal_ms").GetProperty("p50").GetDouble() > 0);
    }
}
