using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Approval;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Provenance;
using Quorate.Tests.Unit.Planning;
using Quorate.Tests.Unit.Triage.Fakes;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Approval;

/// <summary>The executor does an action for a valid certificate of exactly this action, and for nothing else.</summary>
public sealed class CertifiedExecutionTests : IDisposable
{
    private readonly PanelGroup _panel = new(1, realKeys: true);
    private readonly FakeDisk _disk = new();
    private readonly FakeTime _time = new();
    private readonly PlanTask _task = Reviews.Plan("restart queue").Tasks[0];
    private readonly ReviewRecord _record = Reviews.Of(new Shop().Sick("queue"), "restart queue");
    private int _done;
    private long _seq;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _panel.Dispose();

    [Fact]
    public async Task Execute_ApprovedAction_IsDone()
    {
        var decision = _panel.Decide(_record)!;
        Assert.True(decision.Approved, decision.Reason);
        var result = await ExecuteAsync(decision.Certificate);
        Assert.Equal((TaskStatus.Ok, 1), (result.Status, _done));
    }

    [Fact]
    public async Task Execute_WithoutCertificate_IsRefusedAndLogged()
    {
        var result = await ExecuteAsync(null);
        Assert.Equal((TaskStatus.Fail, 0), (result.Status, _done));
        Assert.False(result.IsRetryable());
        var refused = Assert.Single(_disk.Read(LedgerKinds.EnvelopeRefused)).Read<EnvelopeRefused>();
        Assert.Equal(("unapproved", "there is no approval certificate"), (refused.Verdict, refused.Detail));
    }

    [Fact]
    public async Task Execute_TaskThatOnlyLooks_NeedsNone()
    {
        var look = new PlanTask { TaskId = "e1", Type = "http_check", Target = "queue", AssignedTo = AgentNames.Action };
        Assert.Equal(TaskStatus.Ok, (await ExecuteAsync(null, look)).Status);
    }

    [Theory]
    [InlineData("task")]
    [InlineData("target")]
    [InlineData("type")]
    [InlineData("args")]
    [InlineData("plan")]
    [InlineData("version")]
    [InlineData("incident")]
    public async Task Execute_CertificateOfAnotherAction_IsRefused(string differs)
    {
        var certificate = _panel.Decide(_record)!.Certificate;
        var task = differs switch
        {
            "task" => _task with { TaskId = "a2" },
            "target" => _task with { Target = "store" },
            "type" => _task with { Type = "reconcile" },
            "args" => _task with { Args = new Dictionary<string, System.Text.Json.JsonElement> { ["x"] = Contracts.QuorateJson.ToElement(1) } },
            _ => _task,
        };
        var result = await ExecuteAsync(certificate, task, body => differs switch
        {
            "plan" => body with { PlanId = "plan-2" },
            "version" => body with { PlanVersion = 3 },
            "incident" => body with { IncidentId = "incident-2" },
            _ => body,
        });
        Assert.Equal((TaskStatus.Fail, 0), (result.Status, _done));
        Assert.Contains("not this action", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_RefusalsCertificate_IsRefused()
    {
        var bad = Reviews.Of(new Shop(), "restart queue");
        var decision = _panel.Decide(bad)!;
        Assert.False(decision.Approved);
        var result = await ExecuteAsync(decision.Certificate);
        Assert.Contains("did not approve", result.Out, StringComparison.Ordinal);
        Assert.Equal(0, _done);
    }

    [Fact]
    public async Task Execute_AnotherPanelsCertificate_IsRefused()
    {
        using var other = new PanelGroup(2, realKeys: true);
        var result = await ExecuteAsync(other.Decide(_record)!.Certificate);
        Assert.Contains("another key directory", result.Out, StringComparison.Ordinal);
        Assert.Equal(0, _done);
    }

    [Fact]
    public async Task Execute_TwoSignatures_IsRefused()
    {
        Assert.True(QuorumCertificate.TryDecode(Convert.FromBase64String(_panel.Decide(_record)!.Certificate!), out var whole));
        var few = whole with { Commits = [.. whole.Commits.Take(2)] };
        var result = await ExecuteAsync(Convert.ToBase64String(few.Encode()));
        Assert.Contains("2 signatures; 3 of 4 are needed", result.Out, StringComparison.Ordinal);
        Assert.Equal(0, _done);
    }

    [Fact]
    public void FindProblem_AnyByteFlipped_IsRefused()
    {
        var bytes = Convert.FromBase64String(_panel.Decide(_record)!.Certificate!);
        var verifier = _panel.Verifier;
        Assert.Null(verifier.FindProblem(Convert.ToBase64String(bytes), _record.Action));
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.True(verifier.FindProblem(Convert.ToBase64String(bytes), _record.Action) is not null, $"byte {i}");
            bytes[i] ^= 1;
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AAAA")]
    public void FindProblem_TextThatIsNone_IsRefused(string text) =>
        Assert.Equal("the certificate cannot be read", _panel.Verifier.FindProblem(text, _record.Action));

    private Task<TaskResult> ExecuteAsync(string? certificate, PlanTask? task = null, Func<EnvelopeBody, EnvelopeBody>? change = null)
    {
        var body = new EnvelopeBody
        {
            IncidentId = "incident-1", PlanId = "plan-1", PlanVersion = 2, Task = task ?? _task, DecisionTag = DecisionTag.Deterministic, Attempt = 1,
            IntendedAt = _time.GetUtcNow(), Timestamp = _time.GetUtcNow(), Nonce = new string('a', 32), Seq = ++_seq, Certificate = certificate,
        };
        var envelope = EnvelopeSealer.Seal(change?.Invoke(body) ?? body, 1, new FakeKeys().FindHmacKey(1));
        var executor = new TaskExecutor(new EnvelopeVerifier(new FakeKeys().FindHmacKey, new ReplayGuard()), _time, _panel.Verifier);
        var journal = new IncidentJournal(new FakeLedger(_disk, new FakeProcess(), _time), "incident-1", new IncidentState());
        return executor.ExecuteAsync(new Doer(() => _done++), envelope, "h", journal, Token);
    }

    private sealed class Doer(Action act) : IAgent
    {
        public string Name => AgentNames.Action;

        public Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken)
        {
            act();
            return Task.FromResult(TaskResult.Ok("done"));
        }
    }
}
