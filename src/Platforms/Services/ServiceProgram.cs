using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Runs a server's own admin program beside it, in its container.</summary>
internal static class ServiceProgram
{
    private const int MaxError = 300;

    /// <summary>What the program printed.</summary>
    /// <exception cref="PlatformException">It could not run, or said no.</exception>
    public static async Task<string> RunAsync(IPlatform platform, string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var outcome = await platform.ExecAsync(service, command, timeout, cancellationToken);
        return outcome.ExitCode == 0 ? outcome.Output
            : throw new PlatformException($"{command[0]} in {service} ended with exit code {outcome.ExitCode}: {PlainText.Line(outcome.Output, MaxError)}", retryable: false);
    }
}
