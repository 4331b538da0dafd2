using Quorate.Contracts.Asking;

namespace Quorate.Tests.Integration.Ask;

/// <summary>Five models behind their whole pipelines on real HTTP, of which one, two, or the aggregator are faulty.</summary>
public sealed class FaultTableTests : IAsyncLifetime
{
    private PanelServer _server = null!;

    /// <summary>The fault, and how a member with it is reported: its status and the code of its error.</summary>
    public static TheoryData<string, string, string> Faults => new()
    {
        { "dead", "failed", "unreachable" },
        { "slow", "cancelled", "straggler" },
        { "403", "failed", "refused" },
        { "429", "failed", "rate_limited" },
        { "500", "failed", "server_error" },
        { "empty", "failed", "empty" },
        { "malformed", "failed", "malformed" },
        { "cut", "failed", "cut" },
        { "stalled", "cancelled", "straggler" },
        { "garbage", "failed", "malformed" },
        { "refusing", "excluded", "refusal" },
        { "injected", "excluded", "injected" },
        { "contradicting", "ok", "" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await PanelServer.StartAsync(Token);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_OneOfFiveFaulty_AnswersAndSaysWho(string fault, string status, string code) =>
        Check(await AskAsync(fault, ["m4"], QuestionType.OpenEnded), ["m4"], status, code, "m1");

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_TwoOfFiveFaulty_AnswersAndSaysWho(string fault, string status, string code) =>
        Check(await AskAsync(fault, ["m3", "m5"], QuestionType.OpenEnded), ["m3", "m5"], status, code, "m1");

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_AggregatorFaulty_AnotherSummarises(string fault, string status, string code) =>
        Check(await AskAsync(fault, ["m1"], QuestionType.None), ["m1"], status, code, "m2");

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_TwoOfFiveFaulty_TheOthersDecideTheVote(string fault, string status, string code)
    {
        Assert.True(status.Length + code.Length > 0);
        foreach (var (type, answer) in new[] { (QuestionType.YesNo, "yes"), (QuestionType.MultipleChoice, "A") })
        {
            var result = await AskAsync(fault, ["m2", "m4"], type);
            Assert.Equal((answer, 3d), (result.Consensus.Answer, result.Consensus.Tally![answer]));
        }
    }

    private static void Check(AskResult result, string[] faulty, string status, string code, string aggregator)
    {
        Assert.Equal((PanelServer.Fact, aggregator), (result.Consensus.Text, result.Consensus.Aggregator));
        Assert.Equal(
            result.Responses.Select(r => faulty.Contains(r.Model) ? (r.Model, status, code) : (r.Model, ResponseStatus.Ok, "")),
            result.Responses.Select(r => (r.Model, r.Status, r.Error?.Code ?? "")));
        // Who says the opposite is a minority, which has its right; as the aggregator it is a fault.
        Assert.Equal(status != ResponseStatus.Ok || aggregator != "m1", result.Consensus.Degraded);
        Assert.Equal(code.Length == 0 ? faulty : [], result.Dissent.Select(d => d.Model));
        Assert.All(result.Certificate!.Signers, s => Assert.Equal(ResponseStatus.Ok, result.Responses.Single(r => r.Model == s).Status));
    }

    private async Task<AskResult> AskAsync(string fault, string[] faulty, QuestionType type)
    {
        _server.Faults.Clear();
        _server.Calls.Clear();
        foreach (var model in faulty)
        {
            _server.Faults[model] = fault;
        }

        await using var panel = new FivePanel(_server.Endpoint, fault == "dead" ? faulty : []);
        var choices = type == QuestionType.MultipleChoice ? new[] { "It is safe", "It is not" } : [];
        var result = await panel.AskAsync(new AskRequest { Query = "Is the bridge safe?", QuestionType = type, Choices = choices }, Token);
        // Each member once, and the summary once from each candidate that was tried.
        Assert.Equal(_server.Calls.Distinct().Count(), _server.Calls.Count);
        return result;
    }
}
