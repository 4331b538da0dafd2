using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Files of a running container as this machine's root reaches them (<c>/proc/PID/root</c>), whatever tools its image has.</summary>
internal static class ContainerFiles
{
    /// <exception cref="QuorateException">This is not root.</exception>
    public static void RequireRoot(string fault)
    {
        if (!Native.IsRoot)
        {
            throw QuorateException.Missing("needs_root", $"fault {fault} works from outside on a container, which only root may", "run it as root");
        }
    }

    /// <summary>The path inside the container as a path of this machine.</summary>
    /// <exception cref="PlatformException">It has no process.</exception>
    public static string PathOf(ServiceObservation seen, string path) => seen.Pid is { } pid
        ? string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/root{path}")
        : throw new PlatformException($"{seen.Name} has no process here", retryable: true);

    /// <summary>PATH as the container's first process has it.</summary>
    public static string SearchPath(ServiceObservation seen)
    {
        const string name = "PATH=";
        string environment = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{seen.Pid}/environ"));
        return environment.Split('\0').FirstOrDefault(e => e.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "/usr/local/bin:/usr/bin:/bin";
    }
}
