using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>A question's progress, a line for each member as it ends, and then the answer with what speaks against it.</summary>
internal sealed class AskView(Output output) : IAskObserver
{
    private const int NameWidth = 14;
    private const int MaxDissent = 400;
    private const int MaxError = 200;

    private readonly Lock _gate = new();
    private string _stage = "";

    public void On(AskProgress progress)
    {
        lock (_gate)
        {
            if (progress.Stage != _stage && progress.Stage is "asking" or "asking again" or "reviewing" or "aggregating")
            {
                output.Line($"[grey]{progress.Stage}[/]");
            }

            _stage = progress.Stage;
            if (progress.Response is { } response)
            {
                output.Line(LineOf(response));
            }
        }
    }

    public void Show(AskResult result)
    {
        ShowOpen(result);
        var consensus = result.Consensus;
        var panel = new Panel(new Text(PlainText.Clean(consensus.Text))).Header($"[bold] {HeadOf(result)} [/]").BorderColor(consensus.Degraded ? Color.Yellow : Color.Green).Padding(1, 0).Expand();
        if (output.Live)
        {
            output.People.Write(panel);
        }
        else
        {
            output.Line("");
            output.Line(Output.Safe(consensus.Text));
            output.Line("");
        }

        output.Line(Score(result));
        ShowClaims(result);
        ShowDissent(result);
        if (result.Certificate is { } certificate)
        {
            output.Line($"[grey]signed by {Output.Safe(string.Join(", ", certificate.Signers))}; outcome {certificate.OutcomeHash[..16]}, job {result.JobId}[/]");
        }
    }

    private void ShowOpen(AskResult result)
    {
        foreach (var response in result.Responses.Where(r => r.Error?.Code is MemberError.NotNeeded or MemberError.Straggler || (r.Status == ResponseStatus.Failed && r.LatencyMs == 0)))
        {
            output.Line(LineOf(response));
        }

        foreach (var response in result.Responses.Where(r => r.Error?.Code == MemberError.Outlier))
        {
            output.Line(LineOf(response));
        }
    }

    private static string HeadOf(AskResult result) => result.Consensus.Method switch
    {
        ConsensusMethod.Summary => $"summary by {Output.Safe(result.Consensus.Aggregator!)}",
        ConsensusMethod.Vote => result.Consensus.Answer is null ? "vote: no decision" : "vote",
        ConsensusMethod.Centroid => "the answer nearest to all others",
        _ => "no answer",
    };

    private static string Score(AskResult result)
    {
        var consensus = result.Consensus;
        var how = consensus.Method == ConsensusMethod.Vote ? "of the votes agree" : "mean similarity of the answers in pairs";
        var used = result.Responses.Count(r => r.Status == ResponseStatus.Ok);
        var (tokens, cost) = (result.TotalTokens, result.TotalCost);
        var spent = tokens == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" · {tokens} tokens{(cost > 0 ? $" · ${cost:0.0000}" : "")}");
        return string.Create(CultureInfo.InvariantCulture, $"score [bold]{consensus.Score:0.#}[/] of 100 [grey]({how})[/] · {used} of {result.Responses.Count} members · {Duration.Text(result.LatencyMs)}{spent}{(consensus.Degraded ? " · [yellow]degraded[/]" : "")}");
    }

    private void ShowClaims(AskResult result)
    {
        var members = result.Responses.Count(r => r.Status == ResponseStatus.Ok);
        foreach (var claim in result.Consensus.Claims.Where(_ => result.Consensus.Method == ConsensusMethod.Summary))
        {
            var colour = claim.Members.Count * 2 > members ? "green" : claim.Members.Count > 0 ? "yellow" : "red";
            output.Line($"  [{colour}]{claim.Members.Count} of {members}[/] {Output.Safe(PlainText.Line(claim.Text, MaxError))}");
        }
    }

    private void ShowDissent(AskResult result)
    {
        foreach (var dissent in result.Dissent)
        {
            output.Line($"[yellow]dissent[/] [bold]{Output.Safe(dissent.Model)}[/] {Output.Safe(PlainText.Line(dissent.Reason, MaxError))}: [grey]{Output.Safe(PlainText.Line(dissent.Text, MaxDissent))}[/]");
        }
    }

    private static string LineOf(MemberResponse response)
    {
        var (sign, colour) = response.Status switch
        {
            ResponseStatus.Ok => ("✔", "green"),
            ResponseStatus.Failed => ("✖", "red"),
            ResponseStatus.Excluded => ("⊘", "yellow"),
            _ => ("–", "grey"),
        };
        var vote = response.Vote is null ? "" : $" {response.Vote}{(response.Confidence is { } c ? string.Create(CultureInfo.InvariantCulture, $" {c:0.00}") : "")}";
        var role = response.Role is null ? "" : $" [grey]as {Output.Safe(response.Role)}[/]";
        var error = response.Error is null ? "" : $" [{colour}]{Output.Safe(response.Error.Code)}[/] [grey]{Output.Safe(PlainText.Line(response.Error.Message, MaxError))}[/]";
        return $" [{colour}]{sign}[/] [bold]{Output.Safe(response.Model.PadRight(NameWidth))}[/] [grey]{(response.LatencyMs > 0 ? Duration.Text(response.LatencyMs) : ""),7}[/]{vote}{role}{error}";
    }
}
