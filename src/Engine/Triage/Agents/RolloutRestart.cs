using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Agents;

/// <summary>
/// <c>kubectl rollout restart</c> of a deployment. The annotation that kubectl writes on each restart tells whether the
/// effect has already happened.
/// </summary>
internal static partial class RolloutRestart
{
    private const string RestartedAt = "jsonpath={.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}";

    public static async Task<TaskResult> RunAsync(string kubectl, PlanTask task, TaskContext context, CancellationToken cancellationToken)
    {
        var space = task.Text("namespace") is { Length: > 0 } given ? given : "default";
        if (!DnsLabel().IsMatch(space) || !DnsLabel().IsMatch(task.Target))
        {
            return ResultKeys.Refuse($"namespace \"{PlainText.Line(space, 63)}\" or deployment \"{PlainText.Line(task.Target, 63)}\" is not a Kubernetes name; allowed: lower-case letters, digits and hyphens, at most 63");
        }

        var deployment = $"deployment/{task.Target}";
        var before = await ToolProcess.RunAsync(kubectl, ["-n", space, "get", deployment, "-o", RestartedAt], cancellationToken);
        if (before is null)
        {
            return ResultKeys.Refuse($"{kubectl} is not installed; install kubectl or set its path in the configuration");
        }

        if (before is { ExitCode: not 0 })
        {
            return TaskResult.Fail($"{deployment} cannot be read: {PlainText.Line(before.Value.Output, 300)}", ("exit_code", before.Value.ExitCode));
        }

        if (context.Attempt > 1 && DateTimeOffset.TryParse(before.Value.Output, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            && at.ToUnixTimeSeconds() >= context.IntendedAt.ToUnixTimeSeconds())
        {
            return Done($"{deployment} has been restarted already.", true, before.Value.Output);
        }

        var restart = await ToolProcess.RunAsync(kubectl, ["-n", space, "rollout", "restart", deployment], cancellationToken);
        return restart is { ExitCode: 0 }
            ? Done($"Restarted {deployment}.", false, null)
            : TaskResult.Fail($"{deployment} was not restarted: {PlainText.Line(restart?.Output ?? "kubectl is gone", 300)}", ("exit_code", restart?.ExitCode));

        TaskResult Done(string text, bool already, string? after) => TaskResult.Ok(
            text,
            ("before", before.Value.Output), ("after", after), ("effect_key", context.EffectKey), (ResultKeys.AlreadyDone, already));
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DnsLabel();
}
