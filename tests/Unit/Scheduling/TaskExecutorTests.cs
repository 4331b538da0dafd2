using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Protocol.Provenance;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Scheduling;

public sealed class TaskExecutorTests : SchedulerHarness
{
    [Theory]
    [InlineData("body", "bad_hmac")]
    [InlineData("hmac", "bad_hmac")]
    [InlineData("key", "unknown_key")]
    [InlineData("late", "expired")]
    [InlineData("early", "from_the_future")]
    [InlineData("replay", "replayed")]
    public async Task Execute_EnvelopeNotInOrder_IsRefusedAndLogged(string tamper, string verdict)
    {
        var envelope = Seal(Step("a", "restart", "api"));
        var executor = new TaskExecutor(new EnvelopeVerifier(new FakeKeys().FindHmacKey, Guard), Time);
        var journal = new IncidentJournal(new FakeLedger(Disk, new FakeProcess(), Time), "inc-1", new IncidentState());
        var agent = Agent((_, _, _) => Task.FromResult(TaskResult.Ok("done")));
        if (tamper == "replay")
        {
            Assert.Equal(TaskStatus.Ok, (await executor.ExecuteAsync(agent, envelope, "h", journal, Token)).Status);
        }

        var before = Calls.Count;
        Time.Advance(tamper == "late" ? TimeSpan.FromSeconds(121) : TimeSpan.Zero);
        var bad = tamper switch
        {
            "body" => envelope with { Body = envelope.Body with { Task = envelope.Body.Task with { Target = "store" } } },
            "hmac" => envelope with { Hmac = new string('0', 64) },
            "key" => envelope with { KeyVersion = 2 },
            "early" => Seal(Step("a", "restart", "api"), TimeSpan.FromSeconds(6)),
            _ => envelope,
        };
        var result = await executor.ExecuteAsync(agent, bad, "h", journal, Token);

        Assert.Equal(TaskStatus.Fail, result.Status);
        Assert.False(result.IsRetryable());
        Assert.Equal(before, Calls.Count);
        Assert.Equal(verdict, Assert.Single(Disk.Read(LedgerKinds.EnvelopeRefused)).Read<EnvelopeRefused>().Verdict);
    }

    private Envelope Seal(PlanTask task, TimeSpan skew = default) => EnvelopeSealer.Seal(
        new EnvelopeBody
        {
            IncidentId = "inc-1", PlanId = "p", PlanVersion = 1, Task = task, DecisionTag = DecisionTag.Deterministic, Attempt = 1,
            IntendedAt = Time.GetUtcNow(), Timestamp = Time.GetUtcNow() + skew, Nonce = new string('a', 32), Seq = 1,
        },
        1,
        new FakeKeys().FindHmacKey(1));

    private FakeAgent Agent(Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act) => new(AgentNames.Action, (task, context, token) =>
    {
        Calls.Enqueue((task, context));
        return act(task, context, token);
    });
}
