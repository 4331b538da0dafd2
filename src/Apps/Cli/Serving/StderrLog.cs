using Microsoft.Extensions.Logging;
using Quorate.Contracts;

namespace Quorate.Cli.Serving;

/// <summary>The server's log: a line each on stderr, a defect with where it happened.</summary>
internal sealed class StderrLog : ILoggerProvider
{
    private const int LongestLine = 2_000;

    public ILogger CreateLogger(string categoryName) => new Lines(categoryName);

    public void Dispose()
    {
        // Nothing is open.
    }

    private sealed class Lines(string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Console.Error.WriteLine($"{logLevel.ToString().ToLowerInvariant()}: {category}: {PlainText.Line(formatter(state, exception), LongestLine)}{(exception is null ? "" : "\n" + PlainText.Clean(exception.ToString(), 4 * LongestLine))}");
            }
        }
    }
}
