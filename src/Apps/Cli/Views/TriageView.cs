using Quorate.Cli.Common;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Approval;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>Shows a repair as it happens: a tree for each plan, redrawn in place, on a terminal; one line per event in a pipe.</summary>
internal sealed class TriageView(Output output, bool assumeYes, bool planOnly = false) : ITriageObserver
{
    private readonly Lock _gate = new();
    private readonly IAnsiConsole _console = output.People;
    private PlanTree? _tree;
    private int _drawn;

    public void OnEvent(TriageEvent triageEvent)
    {
        lock (_gate)
        {
            switch (triageEvent)
            {
                case TriageEvent.TaskStarted started:
                    _tree?.Start(started.Task.TaskId, started.Attempt);
                    Redraw();
                    return;
                case TriageEvent.TaskFinished finished:
                    Finish(finished);
                    return;
            }

            // Tasks behind a failed one never finish, so a plan is over when anything else happens.
            LeaveTree();
            Show(triageEvent);
        }
    }

    public async Task<bool> ConfirmAsync(Plan plan, IReadOnlyList<PlanTask> actions, CancellationToken cancellationToken)
    {
        if (assumeYes && !planOnly)
        {
            return true;
        }

        lock (_gate)
        {
            _console.Write(new PlanTree(plan).Render(_console.Profile.Width));
            if (planOnly)
            {
                // Nothing of this plan will run, so there is nothing to draw again.
                _tree = null;
                return false;
            }
        }

        if (!output.Interactive)
        {
            output.Line("[yellow]Nobody is here to approve the actions above:[/] run again with [bold]--yes[/] to let them happen.");
            return false;
        }

        var names = string.Join(", ", actions.Select(a => $"{a.Type} {a.Target}"));
        return await new ConfirmationPrompt($"  Do it? [bold]{Markup.Escape(names)}[/]").ShowAsync(_console, cancellationToken);
    }

    public async Task<string?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken)
    {
        if (!output.Interactive)
        {
            return null;
        }

        var answer = await new TextPrompt<string>($"  [yellow]?[/] {Output.Safe(question.Question)} ").AllowEmpty().ShowAsync(_console, cancellationToken);
        return answer.Trim().Length == 0 ? null : answer;
    }

    private void Show(TriageEvent triageEvent)
    {
        switch (triageEvent)
        {
            case TriageEvent.Opened opened:
                output.Line($"[bold]{(opened.Resumed ? "Resuming" : "Incident")}[/] [grey]{opened.IncidentId}[/]  “{Output.Safe(Shorten(opened.Text))}”");
                break;
            case TriageEvent.Observed observed:
                ShowObserved(observed);
                break;
            case TriageEvent.Rejected rejected:
                output.Line($"  [yellow]no plan[/] by {Output.Safe(rejected.Rejection.Origin)}: {Output.Safe(string.Join("; ", rejected.Rejection.Reasons.Take(5)))}");
                break;
            case TriageEvent.Committed committed:
                ShowPlan(committed.Plan, committed.Proposal);
                break;
            case TriageEvent.Approved approved:
                ShowApproval(approved.Approval);
                break;
            case TriageEvent.ApprovalOff:
                output.Line("  [yellow]approval is off[/] the plan's actions are not reviewed");
                break;
            case TriageEvent.Deviated deviated:
                output.Line($"  [yellow]deviation[/] {Output.Safe(string.Join("; ", deviated.Deviations.Take(4)))}");
                break;
            case TriageEvent.Verifying verifying:
                output.Line($"  [grey]verifying[/] every probe for {verifying.Window.TotalSeconds:0.#} s");
                break;
            case TriageEvent.Verified verified:
                output.Line(verified.Passed
                    ? "  [green]verified[/] every probe passed through the whole window"
                    : $"  [red]not verified[/] {Output.Safe(string.Join("; ", verified.Deviations.Take(4)))}");
                break;
            case TriageEvent.Undone undone:
                output.Line($"  [yellow]undone[/] {Markup.Escape(undone.Task.Type)} {Markup.Escape(undone.Task.Target)}: {Output.Safe(undone.Result.Out)}");
                break;
            case TriageEvent.Closed closed:
                ShowClosed(closed.Result);
                break;
        }
    }

    private void ShowApproval(ApprovalRecorded approval)
    {
        var what = $"{(approval.Undo ? "undo of " : "")}{Markup.Escape(approval.Type!)} {Markup.Escape(approval.Target!)}";
        var by = string.Join(", ", approval.Votes.Where(v => v.Vote == ApprovalVote.Approve).Select(v => v.Reviewer));
        var against = approval.Votes.Where(v => v.Vote == ApprovalVote.Refuse).Select(v => $"{v.Reviewer}: {v.Reason}").ToList();
        output.Line(approval.Approved
            ? $"  [green]approved[/] {what} [grey]by {by}{(against.Count == 0 ? "" : Output.Safe($"; against: {string.Join("; ", against)}"))} ({Duration.Text(approval.DurationMs)})[/]"
            : $"  [red]not approved[/] {what}: {Output.Safe(against.Count == 0 ? approval.Reason : string.Join("; ", against))}{(by.Length == 0 ? "" : $" [grey](for: {by})[/]")}");
        foreach (var fault in approval.Faults)
        {
            output.Line($"  [red]proven lie[/] of {Output.Safe(fault.Reviewer)}: {Output.Safe(fault.Kind)}");
        }

        if (!approval.Approved && !approval.Undo)
        {
            // Nothing of this plan will run, so there is nothing to draw.
            _tree = null;
        }
    }

    private void ShowObserved(TriageEvent.Observed observed)
    {
        var bad = observed.Snapshot.Status.Services.Where(s => !s.Healthy).ToList();
        var all = observed.Snapshot.Status.Services.Count;
        output.Line(bad.Count == 0
            ? $"  [grey]observed[/] all {all} services healthy [grey]({Duration.Text(observed.AtMs)})[/]"
            : $"  [grey]observed[/] {all - bad.Count} of {all} services healthy; [red]{Output.Safe(string.Join(", ", bad.Select(Describe)))}[/] [grey]({Duration.Text(observed.AtMs)})[/]");
    }

    private static string Describe(ServiceStatus service) =>
        service.State == ServiceState.Running ? $"{service.Name} unhealthy" : $"{service.Name} {service.State.ToString().ToLowerInvariant()}";

    private void ShowPlan(Plan plan, PlanProposal proposal)
    {
        var acts = plan.Tasks.Any(t => TaskCatalog.ChangesWorld(t.Type));
        if (proposal.Hypotheses.Count > 0 && acts)
        {
            var best = proposal.Hypotheses[0];
            output.Line($"  [bold]cause[/] {Output.Safe(best.Cause)} [grey](confidence {best.Confidence:0.00})[/]");
        }

        output.Line($"  [bold]plan {plan.PlanVersion}[/] [grey]{(acts ? "repair" : "evidence")} by {Output.Safe(proposal.Origin)}, {plan.Tasks.Count} tasks[/]");
        _tree = plan.Tasks.Count > 0 ? new PlanTree(plan) : null;
    }

    private void Finish(TriageEvent.TaskFinished finished)
    {
        _tree?.Finish(finished.Task.TaskId, finished.Result, finished.DurationMs);
        if (!output.Live)
        {
            output.Line($"    {(finished.Result.Status == Contracts.Plans.TaskStatus.Ok ? "ok  " : "FAIL")} {Markup.Escape(finished.Task.Type)} {Markup.Escape(finished.Task.Target)}: {Output.Safe(finished.Result.Out.Split('\n', 2)[0])} ({Duration.Text(finished.DurationMs)})");
        }
        else if (_tree is { Finished: true })
        {
            LeaveTree();
        }
        else
        {
            Redraw();
        }
    }

    /// <summary>Draws the tree over itself; one that does not fit the screen is drawn once, when it is left.</summary>
    private void Redraw()
    {
        if (output.Live && _tree is { Begun: true } tree && tree.Fits(_console.Profile.Width) && tree.Height < _console.Profile.Height - 1)
        {
            Draw(tree);
            _drawn = tree.Height;
        }
    }

    private void LeaveTree()
    {
        if (output.Live && _tree is { Begun: true } tree)
        {
            Draw(tree);
            (_tree, _drawn) = (null, 0);
        }
    }

    private void Draw(PlanTree tree)
    {
        if (_drawn > 0)
        {
            _console.Write(new ControlCode($"\e[{_drawn}A\e[J"));
        }

        _console.Write(tree.Render(_console.Profile.Width));
    }

    private void ShowClosed(TriageResult result)
    {
        var t = result.TimingsMs;
        var (colour, word) = result.Outcome switch
        {
            TriageOutcome.Resolved => ("green", "RESOLVED"),
            TriageOutcome.NoFault => ("green", "NO FAULT"),
            TriageOutcome.NeedsInput => ("yellow", "NEEDS INPUT"),
            _ => ("red", "UNRESOLVED"),
        };
        output.Line($"[bold {colour}]{word}[/] in {Duration.Text(t.Total)} [grey](detect {Duration.Text(t.Detect)} · plan {Duration.Text(t.Plan)} · act {Duration.Text(t.Act)} · verify {Duration.Text(t.Verify)})[/]");
        foreach (var line in result.Outcome is TriageOutcome.Resolved or TriageOutcome.NoFault ? [] : result.Questions.Concat(result.Deviations).Take(8))
        {
            output.Line($"  [yellow]·[/] {Output.Safe(line)}");
        }
    }

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length > 100 ? line[..99] + "…" : line;
    }
}
