using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Agents;

public sealed class ActionAgentTests
{
    private readonly FakeWorld _world = new(Site(Service("api", ("DB_HOST", "store"), ("TOKEN", "declared-secret")), Service("store")));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("start", ServiceState.Stopped, "began", InverseKind.Stop)]
    [InlineData("unpause", ServiceState.Paused, "unpaused", InverseKind.Pause)]
    [InlineData("restart", ServiceState.Running, "began", InverseKind.None)]
    [InlineData("reconcile", ServiceState.Stopped, "began", InverseKind.Stop)]
    [InlineData("reconcile", ServiceState.Paused, "began", InverseKind.Pause)]
    public async Task Action_OnState_HappensOnceAndKnowsItsInverse(string type, ServiceState state, string lived, InverseKind inverse)
    {
        _world["api"] = _world["api"] with { State = state };
        var task = Step("t", type, "api");
        Assert.Equal(inverse, (await Agent().FindInverseAsync(task, Token)).Kind);

        var first = await RunAsync(task);
        var again = await RunAsync(task, attempt: 2);

        Assert.Equal((TaskStatus.Ok, false), (first.Status, first.WasAlreadyDone()));
        Assert.Equal((TaskStatus.Ok, true), (again.Status, again.WasAlreadyDone()));
        Assert.Equal(1, _world.Lived[$"api/{lived}"]);
        Assert.Equal("running", first.Meta["after"].GetString());
        Assert.Equal("key", first.Meta["effect_key"].GetString());
    }

    [Theory]
    [InlineData(1, "recreate")]
    [InlineData(139, "start")]
    [InlineData(0, "start")]
    [InlineData(null, "start")]
    public async Task Reconcile_Stopped_RecreatesOnlyWhatFailedByItself(int? exitCode, string effect)
    {
        _world["api"] = _world["api"] with { State = ServiceState.Stopped, ExitCode = exitCode };
        var result = await RunAsync(Step("t", "reconcile", "api"));
        Assert.Equal(TaskStatus.Ok, result.Status);
        Assert.Equal([$"api/{effect}"], _world.Effects.Keys);
    }

    [Fact]
    public async Task SetEnv_WrongValue_GetsTheDeclaredOneAndKeepsTheRest()
    {
        _world["api"] = _world["api"] with { Environment = new Dictionary<string, string> { ["DB_HOST"] = "elsewhere", ["TOKEN"] = "declared-secret", ["EXTRA"] = "1" } };
        var task = Step("t", "set_env", "api", null, ("name", "DB_HOST"));
        var inverse = await Agent().FindInverseAsync(task, Token);
        var result = await RunAsync(task);

        Assert.Equal(TaskStatus.Ok, result.Status);
        Assert.Equal(("store", "1"), (_world["api"].Environment["DB_HOST"], _world["api"].Environment["EXTRA"]));
        Assert.Equal([new KeyValuePair<string, string?>("DB_HOST", "elsewhere")], inverse.Environment!);
        Assert.True((await RunAsync(task, attempt: 2)).WasAlreadyDone());
    }

    [Theory]
    [InlineData("set_env", "name", "UNDECLARED")]
    [InlineData("exec", "command", "rm -rf /")]
    [InlineData("http_check", "path", "//evil.example/")]
    [InlineData("http_check", "path", "@evil.example/")]
    [InlineData("http_check", "path", "http://evil.example/")]
    [InlineData("kubectl_rollout_restart", "namespace", "--all")]
    public async Task Action_ArgumentOutsideTheAllowed_IsRefusedAndNothingHappens(string type, string name, string value)
    {
        var asked = 0;
        await using var server = new LoopbackServer(_ => (200, asked++.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        _world["api"] = _world["api"] with { Endpoints = [server.Root] };

        var result = await RunAsync(Step("t", type, "api", null, (name, value)));

        Assert.True(result.Status == TaskStatus.Fail || server.Paths is ["//evil.example/"], result.Out);
        Assert.Empty(_world.Lived);
        Assert.False(_world.Effects.ContainsKey("api/exec"));
    }

    [Fact]
    public async Task Exec_AllowedCommand_RunsAtMostOnce()
    {
        var task = Step("t", "exec", "api", null, ("command", "vacuum"));
        var settings = new AgentSettings { Commands = new Dictionary<string, IReadOnlyList<string>> { ["vacuum"] = ["vacuumdb", "--all"] } };
        var first = await RunAsync(task, settings: settings);
        var again = await RunAsync(task, attempt: 2, settings: settings);
        Assert.Equal("vacuumdb --all", first.Meta["output"].GetString());
        Assert.Equal(TaskStatus.Fail, again.Status);
        Assert.Equal(1, _world.Effects["api/exec"]);
    }

    [Fact]
    public async Task RolloutRestart_WithoutKubectl_FailsClearly()
    {
        var result = await RunAsync(Step("t", "kubectl_rollout_restart", "api"), settings: new AgentSettings { Kubectl = "/nonexistent/kubectl" });
        Assert.Equal(TaskStatus.Fail, result.Status);
        Assert.Contains("not installed", result.Out, StringComparison.Ordinal);
        Assert.False(result.IsRetryable());
    }

    [Theory]
    [InlineData(200, null, true)]
    [InlineData(404, null, true)]
    [InlineData(503, null, false)]
    [InlineData(200, 201, false)]
    [InlineData(201, 201, true)]
    public async Task HttpCheck_Status_IsAFindingWhenUnexpected(int status, int? expected, bool passes)
    {
        await using var server = new LoopbackServer(_ => (status, ""));
        _world["api"] = _world["api"] with { Endpoints = [server.Root] };
        var task = expected is { } e
            ? Step("t", "http_check", "api", null, ("path", "/orders?x=1"), ("expect_status", e))
            : Step("t", "http_check", "api", null, ("path", "/orders?x=1"));
        var result = await RunAsync(task);
        Assert.Equal((TaskStatus.Ok, passes), (result.Status, result.Meta["passed"].GetBoolean()));
        Assert.Equal(["/orders?x=1"], server.Paths);
    }

    [Fact]
    public async Task Reconcile_UnwritableData_IsRepairedRecreatedAndUndoable()
    {
        _world["store"] = _world["store"] with { DataProblems = [new DataProblem("/d", DataProblemKind.ReadOnly, true, "")] };
        var task = Step("t", "reconcile", "store");
        var inverse = await Agent().FindInverseAsync(task, Token);
        var result = await RunAsync(task);
        Assert.True(inverse.UndoData);
        Assert.Equal("key", result.FindDataToken());
        Assert.Equal(1, _world.Effects["store/recreate"]);
        Assert.Empty(_world["store"].DataProblems);

        var undo = await new EffectUndoer(_world.Site, new FakePlatform(_world, new FakeProcess()))
            .UndoAsync("store", inverse, result.FindDataToken(), "undo-key", FakeTime.Start, Token);
        Assert.Equal(TaskStatus.Ok, undo.Status);
        Assert.Equal(1, _world.Effects["store/undo_data"]);
    }

    [Fact]
    public async Task Undo_FormerEnvironment_IsPutBackOnce()
    {
        _world["api"] = _world["api"] with { Environment = new Dictionary<string, string> { ["TOKEN"] = "declared-secret" } };
        var task = Step("t", "set_env", "api", null, ("name", "DB_HOST"));
        var inverse = await Agent().FindInverseAsync(task, Token);
        await RunAsync(task);
        var undoer = new EffectUndoer(_world.Site, new FakePlatform(_world, new FakeProcess()));
        await undoer.UndoAsync("api", inverse, null, "undo-key", FakeTime.Start, Token);
        await undoer.UndoAsync("api", inverse, null, "undo-key", FakeTime.Start, Token);
        Assert.False(_world["api"].Environment.ContainsKey("DB_HOST"));
        Assert.Equal(2, _world.Lived["api/began"]);
    }

    private Task<TaskResult> RunAsync(PlanTask task, int attempt = 1, AgentSettings? settings = null) =>
        Agent(settings).ExecuteAsync(task, new TaskContext("inc-1", "key", FakeTime.Start, attempt, DecisionTag.Deterministic), Token);

    private ActionAgent Agent(AgentSettings? settings = null) =>
        new(_world.Site, new FakePlatform(_world, new FakeProcess()), TriageHttp.Create(), settings ?? new AgentSettings(), TimeProvider.System);
}
