namespace Quorate.Lab.Hosting;

/// <summary>A service that this one needs did not answer, or answered with an error.</summary>
internal sealed class DependencyException(string dependency, string message, bool timedOut, Exception? inner = null)
    : Exception($"{dependency}: {message}", inner)
{
    public string Dependency { get; } = dependency;

    public bool TimedOut { get; } = timedOut;
}
