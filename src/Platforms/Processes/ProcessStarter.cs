using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Starts services in sessions of their own, so that they outlive this process, and knows how those it started ended.</summary>
internal sealed class ProcessStarter(Site site, StateFolder state, ServiceLogs logs, TimeProvider time)
{
    /// <summary>The same for every service: what differs comes as arguments and environment, never as shell text.</summary>
    public const string Script = "exec \"$@\" >>\"$QUORATE_LOG\" 2>&1 </dev/null";

    /// <summary>A service that ends within this time has failed to start.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);
    private const int ErrorLines = 12;

    private readonly ConcurrentDictionary<string, Process> _children = new();

    /// <summary>How the service's last run ended; null when it runs or when another process started it.</summary>
    public int? FindExitCode(string service) => _children.TryGetValue(service, out var child) && child.HasExited ? child.ExitCode : null;

    /// <summary>The same, also where an earlier Quorate saw it end.</summary>
    public int? RecallExitCode(string service)
    {
        if (FindExitCode(service) is { } code)
        {
            return code;
        }

        var file = state.ExitFile(service);
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var recalled) ? recalled : null;
    }

    /// <summary>Keeps the exit code for later Quorates; nothing when it is not known.</summary>
    public void KeepExitCode(string service)
    {
        if (FindExitCode(service) is { } code)
        {
            StateFolder.WriteDurably(state.ExitFile(service), code.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <exception cref="PlatformException">It could not be started, or ended at once; with the end of its log.</exception>
    public async Task StartAsync(ServiceSpec service, IReadOnlyDictionary<string, string> environment, string effectKey, CancellationToken cancellationToken)
    {
        var logFile = logs.PrepareForStart(service.Name);
        var offset = new FileInfo(logFile) is { Exists: true } info ? info.Length : 0;
        File.Delete(state.ExitFile(service.Name));
        var child = Launch(service, environment, effectKey, logFile);
        // The former one is not disposed: another thread may be asking how it ended.
        _children[service.Name] = child;
        // What the shell itself says (a log that cannot be opened) comes here; a program that took over has closed it.
        var complaint = child.StandardError.ReadToEndAsync(cancellationToken);
        var started = time.GetTimestamp();
        while (!child.HasExited && time.GetElapsedTime(started) < SettleTime)
        {
            await Task.Delay(Poll, time, cancellationToken);
        }

        if (!child.HasExited)
        {
            return;
        }

        KeepExitCode(service.Name);
        if (child.ExitCode == 0 && IsOneShot(service))
        {
            return;
        }

        var said = logs.ReadTailText(service.Name, offset, ErrorLines);
        said = said.Length > 0 ? said : ServiceLogs.Clean(await complaint).Trim();
        // 126 and 127 are a shell's words for: cannot be executed, not found. Trying again does not help.
        throw new PlatformException(
            $"{service.Name} ended with exit code {child.ExitCode} right after its start{(said.Length > 0 ? $": {said}" : "; it wrote nothing to its log")}",
            retryable: child.ExitCode is not (126 or 127));
    }

    private bool IsOneShot(ServiceSpec service) =>
        site.Services.Any(s => s.DependsOn.Any(d => d.Service == service.Name && d.Condition == "service_completed_successfully"));

    private Process Launch(ServiceSpec service, IReadOnlyDictionary<string, string> environment, string effectKey, string logFile)
    {
        var process = service.Process!;
        var info = new ProcessStartInfo(FindProgram("setsid"))
        {
            WorkingDirectory = process.WorkingDirectory,
            UseShellExecute = false,
            // Redirected, so that this program's terminal is never handed to a child; the script replaces all three.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in (string[])["/bin/sh", "-c", Script, "sh"])
        {
            info.ArgumentList.Add(word);
        }

        info.Environment.Clear();
        // A shell passes on only variables whose names it could use itself: env(1) adds the others.
        var foreign = environment.Where(e => !IsShellName(e.Key)).ToList();
        if (foreign.Count > 0)
        {
            info.ArgumentList.Add(FindProgram("env"));
            foreign.ForEach(e => info.ArgumentList.Add($"{e.Key}={e.Value}"));
        }

        foreach (var word in process.Command)
        {
            info.ArgumentList.Add(word);
        }

        foreach (var (name, value) in Markers.Surround(environment))
        {
            info.Environment[name] = value;
        }

        info.Environment[Markers.Site] = site.Id;
        info.Environment[Markers.Service] = service.Name;
        info.Environment[Markers.Effect] = effectKey;
        info.Environment[Markers.Log] = logFile;
        return Run(service, info);
    }

    private static Process Run(ServiceSpec service, ProcessStartInfo info)
    {
        if (!Directory.Exists(info.WorkingDirectory))
        {
            throw new PlatformException($"{service.Name}: its working directory {info.WorkingDirectory} does not exist; x-quorate.directory names it", retryable: false);
        }

        try
        {
            var child = Process.Start(info)!;
            child.StandardInput.Dispose();
            child.StandardOutput.Dispose();
            return child;
        }
        catch (Win32Exception e)
        {
            throw new PlatformException($"{service.Name} could not be started: {e.Message}", retryable: false, e);
        }
    }

    private static string FindProgram(string name) =>
        ((string[])["/usr/bin", "/bin"]).Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists)
        ?? throw QuorateException.Missing("program_missing", $"the program {name} is not in /usr/bin or /bin", "Install util-linux and coreutils.");

    private static bool IsShellName(string name) => !char.IsAsciiDigit(name[0]) && name.All(c => c == '_' || char.IsAsciiLetterOrDigit(c));
}
