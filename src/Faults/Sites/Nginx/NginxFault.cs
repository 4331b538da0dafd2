using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Faults of the nginx at the lab's edge, made in the configuration inside its container.</summary>
public abstract class NginxFault : ContainerFault
{
    /// <summary>Every *.conf in it is part of the configuration.</summary>
    protected const string Folder = "/etc/nginx/conf.d";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override string Needs => "A running nginx in a container.";

    public override string DefaultTarget => "edge";

    public override string Resource => FaultResources.Configuration;

    public static bool IsNginx(ServiceSpec service) => service.Image?.Split('/')[^1].StartsWith("nginx", StringComparison.Ordinal) == true;

    /// <summary>What the program printed.</summary>
    protected static async Task<string> RunAsync(FaultContext context, string service, CancellationToken cancellationToken, params string[] command)
    {
        ExecOutcome outcome = await context.Platform.ExecAsync(service, command, Patience, cancellationToken);
        return outcome.ExitCode == 0
            ? outcome.Output
            : throw new PlatformException($"{command[0]} in {service} ended with exit code {outcome.ExitCode}: {PlainText.Line(outcome.Output, 200)}", retryable: false);
    }

    protected static Task WriteAsync(FaultContext context, string service, string path, string text, CancellationToken cancellationToken) =>
        RunAsync(context, service, cancellationToken, "sh", "-c", """printf '%s\n' "$1" > "$2" """, "sh", text, path);

    protected static Task ReloadAsync(FaultContext context, string service, CancellationToken cancellationToken) =>
        RunAsync(context, service, cancellationToken, "nginx", "-s", "reload");

    protected static async Task<bool> HasAsync(FaultContext context, string service, string path, CancellationToken cancellationToken) =>
        (await context.Platform.ExecAsync(service, ["test", "-e", path], Patience, cancellationToken)).ExitCode == 0;

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await RunAsync(context, target.Name, cancellationToken, "nginx", "-t");
        return new Dictionary<string, string>();
    }
}
